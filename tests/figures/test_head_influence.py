import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.attributions.head_influence import Ends
from influence_lab.figures.head_influence import (
    by_model,
    by_share,
    helpful_sheets,
    picture_grids,
    solver_times,
    spectra,
    training_curves,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)


def test_the_slider_shows_one_sheet_with_its_marks_at_a_time():
    grids = {name: (np.array(chosen), ["a", "b"]) for name, chosen in (("CNN", [0, 1]), ("ResNet", [2, 3]))}
    figure = picture_grids("t", IMAGES, grids, 2)
    assert [one.visible for one in figure.layout.images] == [True, False]
    assert [one.visible for one in figure.data] == [True, False]
    marks, sheets = figure.layout.sliders[0].steps[1].args
    assert marks == {"visible": [False, True]}
    assert sheets == {"images[0].visible": False, "images[1].visible": True}


def test_one_grid_has_no_slider():
    assert not picture_grids("t", IMAGES, {"": (np.arange(4), list("abcd"))}, 2).layout.sliders


def test_curves_start_with_the_first_epoch():
    figure = training_curves("t", {"CNN": (np.array([0.3, 0.4]), np.array([0.35, 0.45]))})
    assert [list(trace.x) for trace in figure.data] == [[1, 2], [1, 2]]
    assert [trace.name for trace in figure.data] == ["CNN, test", "CNN, training"]


def test_spectra_are_drawn_relative_and_rounding_can_be_drawn_too():
    figure = spectra("t", {"CNN": np.array([4.0, 1.0, 0.0, -4e-16])}, {"CNN": 2})
    assert_allclose(figure.data[0].y, [1, 0.25, 1e-20, 1e-16])
    assert figure.layout.shapes[0].x0 == 2


def test_one_panel_for_each_place_with_intervals():
    table = pd.DataFrame({"share": [1e-3, 1e-2], "mean": [0.9, 0.5], "half": [0.1, 0.2]})
    figure = by_share("t", "y", {"cut-off": {"CNN": table}, "damping": {"CNN": table}})
    assert [trace.xaxis for trace in figure.data] == ["x", "x2"]
    assert [trace.showlegend for trace in figure.data] == [True, False]
    assert list(figure.data[1].error_y.array) == [0.1, 0.2]


def test_times_are_drawn_in_the_order_of_size_and_scores_side_by_side():
    table = pd.DataFrame({"parameters": [100, 10], "seconds": [2.0, 1.0]})
    assert list(solver_times("t", {"direct": table}).data[0].x) == [10, 100]
    scores = pd.DataFrame({"model": ["CNN", "ResNet"], "mean": [0.5, 0.6], "half": [0.1, 0.1]})
    figure = by_model("t", "y", {"loss": scores, "margin": scores}, 0.05)
    assert (figure.data[0].x < figure.data[1].x).all()
    assert list(figure.layout.xaxis.ticktext) == ["CNN", "ResNet"]


def test_each_row_of_a_test_image_starts_with_it_and_says_what_the_others_do_to_its_loss():
    known = {
        "labels": np.arange(9) % 2,
        "predictions": np.zeros(9, dtype=int),
        "losses": np.ones(9),
        "self_influence": np.ones(9),
    }
    of_test = {"labels": np.array([1]), "predictions": np.array([0]), "losses": np.array([2.5])}
    ends = Ends(np.array([[3, 4]]), np.array([[5, 6]]), np.array([[18.0, 9.0]]), np.array([[-27.0, -9.0]]))
    (sheet,) = helpful_sheets((IMAGES, known), (IMAGES[:1], of_test), ends, ["cat", "dog"])
    assert sheet.heading == "Test image: dog, predicted cat, loss 2.5 nats"
    assert_allclose(sheet.images, IMAGES[[0, 3, 4, 0, 5, 6]])
    effects = [text.rsplit(": ", 1)[1] for text in sheet.hover if text != sheet.heading]
    assert effects == ["+2 nats", "+1 nats", "-3 nats", "-1 nats"]
