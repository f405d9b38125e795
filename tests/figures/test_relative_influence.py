import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.figures.relative_influence import against_loss, by_score, maxima


def test_slider_shows_one_score_at_a_time_relative_to_its_mean():
    sizes = {"influence": np.array([1.0, 3.0]), "θ-RelatIF": np.array([2.0, 2.0])}
    figure = against_loss("t", np.array([0.1, 1.0]), sizes, {"influence": "a", "θ-RelatIF": "b"})
    assert [trace.visible for trace in figure.data] == [True, False]
    assert [step.args[0]["visible"] for step in figure.layout.sliders[0].steps] == [[True, False], [False, True]]
    assert_allclose(figure.data[0].y, [0.5, 1.5])


def test_every_mean_is_drawn_with_its_interval_and_worlds_side_by_side():
    table = pd.DataFrame({"world": ["toy", "cancer"], "mean": [0.5, 0.6], "half": [0.1, 0.2]})
    figure = by_score("t", "y", {"a": table, "b": table}, {"toy": "Toy", "cancer": "Cancer"}, 0.0)
    assert [list(trace.error_y.array) for trace in figure.data] == [[0.1, 0.1], [0.2, 0.2]]
    assert (figure.data[0].x < figure.data[1].x).all()
    assert list(figure.layout.xaxis.ticktext) == ["a", "b"]


def test_a_gap_of_zero_can_be_drawn_on_a_logarithmic_axis():
    table = pd.DataFrame({"constraint": ["theta", "ell"], "closed": [-0.5, 0.2], "gap": [0.0, 1e-8]})
    figure = maxima("t", table, 1e-6)
    assert [trace.y[0] for trace in figure.data] == [1e-16, 1e-8]
    assert figure.data[0].x[0] == 0.5
