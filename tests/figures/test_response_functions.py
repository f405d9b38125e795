import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.figures.response_functions import (
    RESPONSES,
    means_along,
    noise_scatter,
    paired_scatter,
    response_curves,
)

TABLE = pd.DataFrame({"value": [1.0, 2.0], "mean": [0.5, 0.6], "half": [0.1, 0.2]})


def test_each_position_of_the_slider_shows_a_cloud_and_its_diagonal():
    pairs = {name: (np.arange(4.0), np.arange(4.0) ** power) for power, name in enumerate(("cold", "PBRF"))}
    figure = paired_scatter("t", "x", "y", pairs)
    assert [trace.visible for trace in figure.data] == [True, True, False, False]
    assert_allclose(figure.data[0].x, figure.data[0].y)
    assert [step.label for step in figure.layout.sliders[0].steps] == ["cold", "PBRF"]


def test_means_have_their_intervals_drawn():
    figure = means_along("t", "x", "y", {"a": TABLE, "b": TABLE}, "value")
    assert [list(trace.error_y.array) for trace in figure.data] == [[0.1, 0.2], [0.1, 0.2]]
    assert figure.data[0].line.color != figure.data[1].line.color


def test_the_five_responses_of_one_anchor_are_shown_together():
    curves = dict.fromkeys(RESPONSES, np.array([0.0, np.nan, 1.0]))
    figure = response_curves("t", np.arange(3.0), {"a": curves, "b": curves})
    assert [trace.visible for trace in figure.data] == [True] * 5 + [False] * 5


def test_the_line_of_equal_noise_covers_all_pairs():
    figure = noise_scatter("t", np.array([0.1, 1.0]), np.array([0.5, 2.0]))
    assert list(figure.data[0].x) == list(figure.data[0].y) == [0.1, 2.0]
