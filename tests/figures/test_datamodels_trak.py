import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.figures.datamodel_embeddings import angles, planes, separation
from influence_lab.figures.datamodels_trak import extreme_points, scores_by_alpha, scores_by_size

LINE = pd.DataFrame({"x": [50, 100], "mean": [0.2, 0.4], "half": [0.05, 0.04]})
RNG = np.random.default_rng(0)


def test_every_score_has_its_interval_and_the_ceiling_is_drawn():
    figure = scores_by_size("t", "k", {"a": LINE}, {"a": "retraining"}, (0.9, 0.02))
    assert_allclose(figure.data[0].error_y.array, LINE["half"])
    assert sorted((figure.layout.shapes[0].y0, figure.layout.shapes[0].y1)) == [0.88, 0.92]


def test_methods_stand_side_by_side_before_the_ceiling():
    table = pd.DataFrame(
        {"alpha": [0.1] * 3, "method": ["ceiling", "retraining", "influence"], "mean": [0.9, 0.7, 0.5], "half": 0.1}
    )
    names = {"ceiling": "c", "retraining": "r", "influence": "i"}
    bar, first, second = scores_by_alpha("t", table, names).data
    assert bar.type == "bar"
    assert first.x[0] < second.x[0]


def test_slider_shows_one_embedding_at_a_time():
    panels = [(name, RNG.normal(size=(6, 4)), np.ones(4) / 4) for name in "ab"]
    figure = planes("t", panels, np.array([0, 1] * 3))
    assert [trace.visible for trace in figure.data] == [True] * 4 + [False] * 4
    assert [step.label for step in figure.layout.sliders[0].steps] == ["a", "b"]


def test_ends_of_the_weights_are_marked():
    X, weights = RNG.normal(size=(30, 2)), np.arange(30.0)
    figure = extreme_points("t", X, np.arange(30) % 2, [("a", weights, X[0])], count=3)
    assert_allclose(figure.data[2].x, X[[29, 28, 27], 0])
    assert_allclose(figure.data[3].x, X[[0, 1, 2], 0])
    assert figure.data[4].x[0] == X[0, 0]


def test_separation_has_a_line_for_each_kind_and_slider_over_alpha():
    table = pd.DataFrame(
        [(alpha, kind, 50, 0.6, 0.1) for alpha in (0.1, 0.5) for kind in ("retraining", "influence")],
        columns=["alpha", "kind", "size", "mean", "half"],
    )
    figure = separation("t", table, {"limit": (1.0, 0.05)}, 0.6)
    assert [trace.visible for trace in figure.data] == [True, True, False, False]
    assert {shape.y0 for shape in figure.layout.shapes} == {1.0, 0.6}


def test_angles_have_the_chance_band():
    figure = angles("t", {"a": np.array([10.0, 20.0])}, np.array([[70.0, 80.0], [72.0, 82.0]]))
    assert len(figure.data[0].x) == 4
    assert_allclose(figure.data[1].y, [10, 20])
