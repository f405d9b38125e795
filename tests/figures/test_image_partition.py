import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.figures.image_partition import agreements, objective_curves, removals
from influence_lab.figures.picture_sheets import Sheet, sheets_figure

PICTURES = np.random.default_rng(0).integers(256, size=(5, 32, 32, 3), dtype=np.uint8)


def _sheet(label, count, values):
    return Sheet(label, f"heading {label}", PICTURES[:count], [f"{label}{i}" for i in range(count)], {"a": values})


def test_each_position_of_the_slider_exchanges_picture_texts_bars_and_heading():
    figure = sheets_figure("t", [_sheet("x", 4, [1, 2]), _sheet("y", 3, [5, 0])], 2, "", categories=["c", "d"])
    assert figure.layout.images[0].source.startswith("data:image/webp;base64,")
    first, second = (step.args for step in figure.layout.sliders[0].steps)
    assert first[1]["images[0].source"] == figure.layout.images[0].source
    assert second[1]["images[0].source"] != figure.layout.images[0].source
    assert second[0]["text"][0] == ["y0", "y1", "y2", ""]  # one image less: an empty place
    assert second[0]["x"][1] == [5, 0]
    assert second[1]["annotations[0].text"] == "heading y"
    assert len(second[2]) == len(figure.data)


def test_pictures_without_bars_need_no_second_plot():
    sheets = [each._replace(bars={}) for each in (_sheet("x", 4, []), _sheet("y", 4, []))]
    figure = sheets_figure("t", sheets, 4, "", ["row"])
    assert len(figure.data) == 1
    assert list(figure.layout.yaxis.ticktext) == ["row"]


def test_equal_prediction_and_measurement_lie_on_the_line():
    table = pd.DataFrame({"kind": ["g", "g"], "size": [3, 4], "predicted": [1.0, 10.0], "measured": [1.0, 10.0]})
    points, line = removals("t", table, {"g": "groups"}).data
    assert_allclose(points.x, line.x)
    assert_allclose(points.y, line.y)


def test_every_partition_has_a_mark_and_an_interval_for_each_comparison():
    rows = {"influence": {"a": (0.1, 0.01), "b": (0.2, 0.02)}, "cosine influence": {"a": (0.3, 0.0), "b": (0.4, 0.0)}}
    figure = agreements("t", "x", rows)
    assert [list(trace.x) for trace in figure.data] == [[0.1, 0.2], [0.3, 0.4]]
    assert list(figure.data[0].error_x.array) == [0.01, 0.02]


def test_single_partitions_have_no_interval():
    table = pd.DataFrame({"k": [3, 5], "mean": [0.1, 0.2], "half": [np.nan, 0.1]})
    figure = objective_curves("t", {"k-means": table}, {"labels": (10, 0.05)})
    assert list(figure.data[0].error_y.array) == [0, 0.1]
    assert figure.data[1].x == (10,)
