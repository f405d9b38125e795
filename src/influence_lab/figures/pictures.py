"""Images side by side, each with what a reader wants to know of it on hover, and the banner where they are digits."""

import base64
import io
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from IPython.display import display
from PIL import Image

Array = np.ndarray

GAP = 2  # pixels between two images


def sheet(images: Array, columns: int) -> Array:
    """Images in rows of `columns`, from left to right and from the top, with transparent gaps: uint8, RGBA.

    Args:
        images: uint8, shape (m, 32, 32, 3).
        columns: images in a row.
    """
    m, high, wide, _ = images.shape
    rows = -(-m // columns)
    whole = np.zeros((rows * (high + GAP) - GAP, columns * (wide + GAP) - GAP, 4), dtype=np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (high + GAP), (index % columns) * (wide + GAP)
        whole[top : top + high, left : left + wide, :3] = image
        whole[top : top + high, left : left + wide, 3] = 255
    return whole


def add_pictures(
    figure: go.Figure, images: Array, hover: Sequence[str], columns: int, quality: int | None = None, **place: int
) -> None:
    """Add a sheet of images to a figure, with an invisible mark on each that carries its hover text.

    Axes count images: column 0, 1, … to the right and row 0, 1, … downwards.

    Args:
        figure: a figure, or one of `make_subplots`.
        images: uint8, shape (m, 32, 32, 3).
        hover: one text an image; `<br>` breaks lines.
        columns: images in a row.
        quality: of WebP, 1 to 100, a third of the size of PNG at 80; PNG, which changes no pixel, where it is left out.
        place: `row` and `col` of a subplot.

    Raises:
        ValueError: the numbers of images and texts differ.
    """
    if len(images) != len(hover):
        raise ValueError(f"{len(images)} images, but {len(hover)} hover texts")
    whole = sheet(images, columns)
    rows = -(-len(images) // columns)
    place_of_picture = {
        "source": data_uri(whole, quality),
        "xref": "x",
        "yref": "y",
        "layer": "below",
        "sizing": "stretch",
    }
    figure.add_layout_image(place_of_picture | {"x": -0.5, "y": -0.5, "sizex": columns, "sizey": rows}, **place)
    index = np.arange(len(images))
    figure.add_trace(
        go.Scatter(
            x=index % columns,
            y=index // columns,
            mode="markers",
            marker={"size": 24, "opacity": 0, "symbol": "square"},
            text=list(hover),
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        ),
        **place,
    )
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_xaxes(range=[-0.5, columns - 0.5], constrain="domain", **axis, **place)
    figure.update_yaxes(
        range=[rows - 0.5, -0.5], scaleanchor=figure.layout.images[-1].xref, constrain="domain", **axis, **place
    )


def hover_texts(
    chosen: Array, classes: Sequence[str], of_model: Mapping[str, Array], rank_of: str | None = None
) -> list[str]:
    """What a reader sees of each training image: its number, label, prediction, loss and self-influence.

    Args:
        chosen: indices of the images.
        classes: names.
        of_model: of all images `labels`, `predictions`, `losses` and `self_influence`; and `probability`, that of the
            prediction, where it is known.
        rank_of: the array in which each image's rank is given as well, 1 for the largest.
    """
    texts = []
    for i in chosen:
        sure = f" ({of_model['probability'][i]:.2f})" if "probability" in of_model else ""
        own = of_model["self_influence"][i]
        texts.append(
            f"image {i}<br>label: {classes[of_model['labels'][i]]}<br>"
            f"prediction: {classes[of_model['predictions'][i]]}{sure}<br>"
            f"loss: {of_model['losses'][i]:.2g} nats<br>self-influence: {own:{',.0f' if own >= 100 else '.3g'}}"
        )
    if rank_of is None:
        return texts
    ranks = len(of_model[rank_of]) - np.argsort(np.argsort(of_model[rank_of]))
    name = rank_of.replace("_", "-")
    return [f"{text}<br>rank in {name}: {ranks[i]:,} of {len(ranks):,}" for text, i in zip(texts, chosen, strict=True)]


def banner(source: str) -> None:
    """Say at the top of a page that its images are digits, where CIFAR-10 was not there; nothing otherwise.

    Args:
        source: "cifar10" or "digits".
    """
    if source == "digits":
        text = (
            '<div class="admonition warning"><p class="admonition-title">These are digits, not CIFAR-10</p>'
            "<p>CIFAR-10 was not there when this page was made, so it shows handwritten digits in its place. The "
            "methods are the same, but no claim about CIFAR-10 is judged. To make the page with CIFAR-10: "
            "<code>export CIFAR10_PATH=FOLDER</code> with the official files or archive, or connect to the "
            "internet, and run <code>make results</code>.</p></div>"
        )
        display({"text/html": text}, raw=True)


def data_uri(pixels: Array, quality: int | None = None) -> str:
    """Pixels as an address that a page can hold: PNG, or WebP of a quality from 1 to 100."""
    buffer = io.BytesIO()
    if quality is None:
        Image.fromarray(pixels).save(buffer, format="png", optimize=True)
    else:
        Image.fromarray(pixels).save(buffer, format="webp", quality=quality, method=6)
    return f"data:image/{'png' if quality is None else 'webp'};base64," + base64.b64encode(buffer.getvalue()).decode()
