import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.figures.group_influence import by_size, centre_maps, orders, self_influence_map, spectra, toy_map

X = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
Y = np.array([1.0, 0.0, 1.0])
GRID = np.linspace(0, 2, 3), np.linspace(0, 1, 2)
LOGITS = np.array([[1.0, -1.0, 1.0], [1.0, -1.0, 1.0]])


def test_every_point_is_drawn_in_its_class():
    figure = toy_map("t", X, Y, X[:1], GRID, LOGITS)
    assert [len(trace.x) for trace in figure.data[1:]] == [2, 1, 1]
    assert figure.data[0].contours.start == figure.data[0].contours.end == 0


def test_the_top_is_ringed():
    figure = self_influence_map("t", X, np.array([1.0, 10.0, 100.0]), np.array([2]), GRID, LOGITS)
    assert figure.data[1].marker.line.width.tolist() == [0, 0, 2]
    assert_allclose(figure.data[1].marker.color, [0, 1, 2])


def test_a_panel_a_training_with_its_top_split_by_class():
    names = ["a", "b", "c", "d"]
    figure = centre_maps(
        "t", X, Y, X[0], {name: np.array([0, 1]) for name in names}, GRID, dict.fromkeys(names, LOGITS)
    )
    assert [annotation.text for annotation in figure.layout.annotations] == names
    assert [len(trace.x) for trace in figure.data[1:4]] == [1, 1, 1]  # other, top red, top blue
    assert sum(bool(trace.showlegend) for trace in figure.data) == 5  # once for all panels


def test_every_mean_has_its_interval_and_every_series_its_symbol():
    table = pd.DataFrame({"size": [1, 2], "mean": [0.5, 0.6], "half": [0.1, 0.2]})
    figure = by_size("t", "x", "y", {"a": table, "b": table}, line=1.0)
    assert [list(trace.error_y.array) for trace in figure.data] == [[0.1, 0.2]] * 2
    assert len({trace.marker.symbol for trace in figure.data}) == 2


def test_exact_values_are_the_lines_and_means_the_symbols_of_one_colour():
    table = pd.DataFrame({"size": [1, 2], "mean": [0.5, 0.6], "half": [0.1, 0.2]})
    figure = by_size("t", "x", "y", {"a": table, "b": table}, exact=np.array([[1.0, 2.0], [3.0, 4.0]]))
    lines, symbols = figure.data[:2], figure.data[2:]
    assert [list(trace.y) for trace in lines] == [[1, 2], [3, 4]]
    assert [trace.mode for trace in (*lines, *symbols)] == ["lines"] * 2 + ["markers"] * 2
    assert [trace.line.color for trace in lines] == [trace.marker.color for trace in symbols]


def test_groups_share_a_legend_entry():
    figure = orders("t", np.array([0.1, 1.0]), {"a": np.ones((3, 2)), "b": np.ones((3, 2))})
    assert [trace.showlegend for trace in figure.data] == [True, False, False] * 2


def test_rounding_can_be_drawn_on_a_logarithmic_axis():
    figure = spectra("t", np.array([[2.0, 1.0, 0.0]]), rank=2)
    assert_allclose(figure.data[0].y, [1, 0.5, 1e-19])
