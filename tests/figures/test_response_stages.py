import numpy as np
import pandas as pd

from influence_lab.figures.response_stages import (
    STAGES,
    fading_correlations,
    gap_distances,
    stage_correlations,
    sweep_means,
)

ALONG = pd.DataFrame({"steps": [1.0, 10.0], "mean": [0.5, 0.6], "half": [0.1, 0.2]})


def test_each_setting_shows_both_ways_of_counting():
    rows = [(100, 0.1, seed, "warm start", 2.0 + seed, 1.0) for seed in range(2)]
    table = pd.DataFrame(rows, columns=["epochs", "damping", "seed", "gap", "distance", "paired"])
    figure = gap_distances("t", {"a": table, "b": table})
    assert [trace.visible for trace in figure.data] == [True, True, False, False]
    assert list(figure.data[0].y) == [2.5]
    assert list(figure.data[1].error_y.array) == [0.0]


def test_the_ceiling_stands_apart_from_the_line():
    table = pd.DataFrame({"stage": ["cold", "pbrf", "ceiling"], "mean": [0.2, 0.9, 0.5], "half": 0.1})
    trace = stage_correlations("t", "y", {"a": table}).data[0]
    assert trace.x[0] == trace.x[1] == STAGES["ceiling"]
    assert trace.y[0] == 0.5
    assert np.isnan(trace.y[1])
    assert trace.y[list(trace.x).index("PBRF")] == 0.9


def test_times_are_marked_in_the_colour_of_their_curve():
    figure = fading_correlations("t", {"a": ALONG, "b": ALONG}, {"b": 20.0})
    assert [(shape.x0, shape.line.color) for shape in figure.layout.shapes] == [(20.0, figure.data[1].line.color)]


def test_sweeps_stand_side_by_side_with_their_ceilings():
    rows = [("depth", "depth 1", 0.1, 0.0, 0.3, 0.01), ("width", "width 1", 0.2, 0.0, 0.4, 0.02)]
    figure = sweep_means("t", "y", pd.DataFrame(rows, columns=["sweep", "label", "mean", "half", "ceiling", "loss"]))
    assert [list(trace.x) for trace in figure.data] == [["depth 1"], ["width 1"], ["depth 1", "width 1"]]
    assert list(figure.data[2].y) == [0.3, 0.4]
    assert figure.data[1].customdata[0] == 0.02
