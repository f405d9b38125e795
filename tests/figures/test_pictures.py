import base64
import io

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from plotly.subplots import make_subplots

from influence_lab.figures.pictures import GAP, add_pictures, banner, hover_texts, sheet

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)


def test_every_pixel_of_every_image_is_on_the_sheet_and_gaps_are_transparent():
    whole = sheet(IMAGES, 3)
    step = 32 + GAP
    assert whole.shape == (3 * step - GAP, 3 * step - GAP, 4)
    for index, image in enumerate(IMAGES):
        top, left = (index // 3) * step, (index % 3) * step
        assert_array_equal(whole[top : top + 32, left : left + 32, :3], image)
    assert (whole[..., 3] == 255).sum() == 7 * 32 * 32
    assert (whole[32 : 32 + GAP, :, 3] == 0).all()


def test_each_image_has_a_mark_with_its_hover_text_and_the_sheet_is_a_picture_of_them():
    figure = go.Figure()
    add_pictures(figure, IMAGES, [f"image {i}" for i in range(7)], 3)
    (marks,) = figure.data
    assert list(zip(marks.x, marks.y, marks.text, strict=True))[4] == (1, 1, "image 4")
    (place,) = figure.layout.images
    pixels = Image.open(io.BytesIO(base64.b64decode(place.source.split(",")[1])))
    assert_array_equal(np.asarray(pixels), sheet(IMAGES, 3))
    assert (place.x, place.y, place.sizex, place.sizey) == (-0.5, -0.5, 3, 3)
    assert figure.layout.yaxis.range == (2.5, -0.5)  # row 0 on top
    assert figure.layout.yaxis.scaleanchor == "x"


def test_pictures_go_into_the_subplot_that_is_named():
    figure = make_subplots(rows=1, cols=2)
    for col in (1, 2):
        add_pictures(figure, IMAGES[:2], ["a", "b"], 2, row=1, col=col)
    assert [(one.xref, one.yref) for one in figure.layout.images] == [("x", "y"), ("x2", "y2")]
    assert (figure.layout.yaxis.scaleanchor, figure.layout.yaxis2.scaleanchor) == ("x", "x2")


def test_images_without_texts_are_refused():
    with pytest.raises(ValueError, match="7 images, but 1 hover texts"):
        add_pictures(go.Figure(), IMAGES, ["one"], 3)


def test_the_banner_is_shown_for_digits_only(capsys):
    banner("cifar10")
    assert not capsys.readouterr().out
    banner("digits")
    assert capsys.readouterr().out


def test_hover_gives_the_rank_from_the_largest_and_the_probability_where_it_is_known():
    arrays = {
        "labels": np.array([0, 1, 0]),
        "predictions": np.array([1, 0, 1]),
        "losses": np.array([0.1, 3.0, 2.5]),
        "self_influence": np.array([10.0, 20.0, 3000.0]),
    }
    plain = "image 2<br>label: cat<br>prediction: dog{}<br>loss: 2.5 nats<br>self-influence: 3,000"
    classes = ["cat", "dog"]
    assert hover_texts(np.array([2]), classes, arrays) == [plain.format("")]
    assert hover_texts(np.array([2]), classes, arrays, "losses") == [plain.format("") + "<br>rank in losses: 2 of 3"]
    sure = arrays | {"probability": np.array([0.1, 0.2, 0.75])}
    assert hover_texts(np.array([2]), classes, sure) == [plain.format(" (0.75)")]
