import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.figures.boundary_images import flip_law, scores_together, sheets
from influence_lab.figures.weights_boundary import FLOOR, by_size, failures_by_limit, oracle_errors


def test_an_error_of_zero_can_be_drawn():
    figure = oracle_errors("t", {"a": (np.array([1.0, 2.0]), np.array([0.0, 1e-9]))}, 1e-6)
    assert list(figure.data[0].y) == [FLOOR, 1e-9]


def test_every_sheet_has_its_name_and_one_mark_an_image():
    images = np.zeros((3, 32, 32, 3), dtype=np.uint8)
    figure = sheets("t", {"a": (images, ["x"] * 3), "b": (images[:2], ["y"] * 2)}, 2)
    assert [len(trace.x) for trace in figure.data] == [3, 2]
    assert [note.text for note in figure.layout.annotations] == ["a", "b"]
    assert len(figure.layout.images) == 2


def test_other_scores_are_drawn_as_ranks_and_one_at_a_time():
    figure = scores_together("t", np.array([1.0, 2.0]), {"a": np.array([30.0, 10.0]), "b": np.array([1.0, 2.0])}, "x")
    assert list(figure.data[0].y) == [1.0, 0.5]
    assert [trace.visible for trace in figure.data] == [True, False]


def test_methods_keep_their_order_and_their_intervals():
    table = pd.DataFrame(
        {"method": ["b", "a"], "size": [5, 5], "mean": [0.1, 0.2], "low": [0.0, 0.1], "high": [0.5, 0.7]}
    )
    figure = by_size("t", table, {"a": "A", "b": "B"}, "y")
    assert [trace.name for trace in figure.data] == ["A", "B"]
    assert_allclose([trace.error_y.array[0] for trace in figure.data], [0.5, 0.4])
    assert_allclose([trace.error_y.arrayminus[0] for trace in figure.data], [0.1, 0.1])


def test_flipped_images_and_others_are_told_apart():
    figure = flip_law("t", np.array([0.5, 1.0]), np.array([1.0, 0.5]), np.array([False, True]))
    assert [list(trace.x) for trace in figure.data[:2]] == [[0.5], [1.0]]


def test_failures_are_drawn_with_both_ends_of_their_intervals_and_the_tolerance():
    table = pd.DataFrame({"limit": [1, 10], "mean": [0.5, 0.1], "low": [0.3, 0.05], "high": [0.6, 0.2]})
    figure = failures_by_limit("t", table, 0.05)
    assert_allclose(figure.data[0].error_y.array, [0.1, 0.1])
    assert_allclose(figure.data[0].error_y.arrayminus, [0.2, 0.05])
    assert figure.layout.shapes[0].y0 == 0.05
