"""Many sheets of pictures in one figure: a slider chooses which one is shown, with its hover texts and bars."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.pictures import add_pictures, data_uri, sheet
from influence_lab.figures.theme import OKABE_ITO, new_figure

Array = np.ndarray
QUALITY = 80  # of WebP
CELL = 68  # height of one image in pixels
BAR_COLOURS = ("blue", "orange")


class Sheet(NamedTuple):
    """What one position of the slider shows.

    Attributes:
        label: at the slider.
        heading: above the pictures, one or two lines.
        images: uint8, shape (m, 32, 32, 3), row by row.
        hover: one text an image.
        bars: by the legend's text, one value a category; the same texts on all sheets.
    """

    label: str
    heading: str
    images: Array
    hover: Sequence[str]
    bars: Mapping[str, Sequence[float]] = {}


def sheets_figure(
    title: str,
    sheets: Sequence[Sheet],
    columns: int,
    prefix: str,
    row_names: Sequence[str] = (),
    categories: Sequence[str] = (),
    bars_title: str = "",
    suffix: str = "",
) -> go.Figure:
    """A figure of one sheet, with a slider that exchanges it for the others.

    Args:
        title: the finding.
        sheets: one or more, all with up to the same number of images.
        columns: images in a row.
        prefix: before the label at the slider.
        row_names: text at the left of each row of images.
        categories: of the bars to the right of the pictures; no bars where it is empty.
        bars_title: axis title of the bars.
        suffix: after the label at the slider.
    """
    rows = max(-(-len(each.images) // columns) for each in sheets)
    height = max(rows * CELL, 220 if categories else 0)
    figure = new_figure(title, "", "", height=height + 190 + 24 * title.count("<br>") + 28 * bool(categories))
    place = {}
    if categories:
        look, place = figure.layout, {"row": 1, "col": 1}
        figure = make_subplots(1, 2, column_widths=[0.58, 0.42], horizontal_spacing=0.14)
        figure.update_layout(look)
    padded = [_padded(each, rows * columns) for each in sheets]
    add_pictures(figure, padded[0].images, padded[0].hover, columns, QUALITY, **place)
    figure.update_yaxes(range=[rows - 0.5, -0.5], **place)
    if row_names:
        figure.update_yaxes(
            tickvals=list(range(len(row_names))), ticktext=list(row_names), showticklabels=True, **place
        )
    for (name, values), colour in zip(sheets[0].bars.items(), BAR_COLOURS, strict=False):
        figure.add_bar(
            x=list(values),
            y=list(categories),
            orientation="h",
            name=name,
            marker={"color": OKABE_ITO[colour]},
            row=1,
            col=2,
        )
    if categories:
        most = max(max(values) for each in sheets for values in each.bars.values())
        figure.update_xaxes(title=bars_title, range=[0, 1.02 * most], row=1, col=2)
        figure.update_yaxes(autorange="reversed", automargin=True, row=1, col=2)
    heading = {
        "x": 0,
        "y": 1,
        "xref": "paper",
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "align": "left",
    }
    figure.add_annotation(text=sheets[0].heading, xanchor="left", yshift=6, font={"size": 13}, **heading)
    figure.update_layout(
        sliders=[
            {
                "steps": [_step(each, columns) for each in padded],
                "active": 0,
                "currentvalue": {"prefix": prefix, "suffix": suffix},
                "pad": {"t": 46},
                "len": 0.95,
            }
        ],
        margin={"t": figure.layout.margin.t + 40},
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "x": 1, "xanchor": "right"},  # clear of the heading
    )
    return figure


def _padded(one: Sheet, places: int) -> Sheet:
    """The sheet with white squares, with no hover text, in place of missing images."""
    missing = places - len(one.images)
    blank = np.full((missing, *one.images.shape[1:]), 255, dtype=np.uint8)
    return one._replace(images=np.concatenate([one.images, blank]), hover=[*one.hover, *[""] * missing])


def _step(one: Sheet, columns: int) -> dict:
    others = len(one.bars)
    changed = {"text": [list(one.hover), *[None] * others]}
    if others:
        count = np.arange(len(one.images))
        changed["x"] = [(count % columns).tolist(), *[list(values) for values in one.bars.values()]]
    layout = {"images[0].source": data_uri(sheet(one.images, columns), QUALITY), "annotations[0].text": one.heading}
    return {"label": one.label, "method": "update", "args": [changed, layout, list(range(1 + others))]}
