import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.figures.image_groups import Panel, group_pictures, growth, measures, overlap

IMAGES = np.zeros((4, 32, 32, 3), dtype=np.uint8)
POINTS = pd.DataFrame({"method": ["a, x", "b"], "mean": [0.5, 0.6], "half": [0.1, 0.2]})


def panels(name):
    return [Panel(f"{name} {place}", IMAGES, list("abcd")) for place in range(3)]


def test_the_slider_shows_the_pictures_hovers_and_headings_of_one_seed_image():
    figure = group_pictures("t", {"cat": panels("cat"), "dog": panels("dog")}, "")
    assert [picture.visible for picture in figure.layout.images] == [True] * 3 + [False] * 3
    assert [note.text for note in figure.layout.annotations] == ["cat 0", "cat 1", "cat 2"]
    traces, layout = figure.layout.sliders[0].steps[1].args
    assert traces["visible"] == [False] * 3 + [True] * 3
    assert [layout[f"images[{index}].visible"] for index in range(6)] == [False] * 3 + [True] * 3
    assert layout["annotations[2].text"] == "dog 2"


def test_one_seed_image_needs_no_slider():
    figure = group_pictures("t", {"cat": panels("cat")}, "")
    assert not figure.layout.sliders
    assert all(picture.visible for picture in figure.layout.images)
    assert not figure.layout.xaxis.showgrid


def test_the_line_of_equal_gradients_has_slope_one_and_meets_a_curve_at_the_first_size():
    curve = pd.DataFrame({"size": [1, 2, 4], "mean": [3.0, 4.0, 5.0], "low": [2.0, 3.0, 4.0], "high": [4.0, 5.0, 6.0]})
    line = growth("t", {"CNN": curve}, 2).data[-1]
    assert_allclose(line.y, [2, 4, 8])


def test_the_slider_of_measures_changes_the_axis_title():
    figure = measures("t", {"p": {"CNN": POINTS}, "q": {"CNN": POINTS}}, {"p": 0.1, "q": 1.0}, {"p": "P", "q": "Q"})
    assert [trace.visible for trace in figure.data] == [True, True, False, False]
    assert figure.layout.xaxis.title.text == "P"
    assert figure.layout.sliders[0].steps[1].args[1] == {"xaxis.title.text": "Q"}


def test_a_comparison_that_one_kind_lacks_leaves_a_gap():
    table = POINTS.rename(columns={"method": "comparison"})
    figure = overlap("t", {"cosine": table.iloc[1:], "raw": table}, 0.01)
    assert list(figure.layout.yaxis.ticktext) == ["a,<br>x", "b"]
    assert_allclose(figure.data[0].y, [0.9])
    assert_allclose(figure.data[1].y, [0.1, 1.1])


def test_pictures_are_compressed_for_the_page():
    figure = group_pictures("t", {"cat": panels("cat")}, "")
    assert all(picture.source.startswith("data:image/webp;base64,") for picture in figure.layout.images)
