"""Figures of page 09_weights_boundary: images, their scores, and which of them flip together."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.pictures import add_pictures
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure

Array = np.ndarray


def sheets(title: str, rows: Mapping[str, tuple[Array, Sequence[str]]], columns: int) -> go.Figure:
    """Sheets of images below each other, each with a name.

    Args:
        title: the finding.
        rows: by name, images and their hover texts.
        columns: images in a row.
    """
    lines = [-(-len(images) // columns) for images, _ in rows.values()]
    figure = make_subplots(
        rows=len(rows), cols=1, subplot_titles=list(rows), row_heights=lines, vertical_spacing=0.3 / sum(lines)
    )
    plain = new_figure(title, "", "", height=110 + 70 * sum(lines) + 30 * len(rows))
    figure.update_layout(plain.layout.to_plotly_json() | {"margin": {"l": 8, "r": 8, "t": 80, "b": 8}})
    for row, (images, hover) in enumerate(rows.values(), start=1):
        add_pictures(figure, images, hover, columns, row=row, col=1)
    figure.update_xaxes(title="", showgrid=False, zeroline=False)
    figure.update_yaxes(title="", showgrid=False, zeroline=False)
    figure.update_annotations(font_size=13)
    return figure


def scores_together(title: str, x: Array, others: Mapping[str, Array], x_title: str) -> go.Figure:
    """The boundary's score against other scores of the same images, one at a time by a slider.

    Args:
        title: the finding.
        x: positive, shape (n,).
        others: by name, shape (n,).
        x_title: with unit.
    """
    figure = new_figure(title, x_title, "the other score, as a rank from 0 to 1", log_x=True, height=480)
    for values in others.values():
        ranks = pd.Series(values).rank(pct=True)
        figure.add_scatter(
            x=x,
            y=ranks,
            mode="markers",
            marker={"color": OKABE_ITO["blue"], "size": 4, "opacity": 0.5},
            showlegend=False,
            customdata=values,
            hovertemplate="‖Δw‖ %{x:.3g}: %{customdata:.3g}<extra></extra>",
        )
    slider(figure, list(others), "")
    return figure


def flip_law(title: str, pull: Array, gap: Array, flipped: Array) -> go.Figure:
    """Gap against pull of images with the seed's prediction, and the line below which they must flip.

    Args:
        title: the finding.
        pull: inner product with the seed over its own squared length, shape (n,).
        gap: to the seed's target over the seed's own, shape (n,).
        flipped: whether the prediction changed when recomputed, shape (n,).
    """
    figure = new_figure(
        title, "inner product with the seed, hᵢᵀhⱼ/‖hᵢ‖²", "gap over the seed's gap", log_y=True, height=500
    )
    looks = {
        "kept its prediction": (~flipped, "sky", "circle", 4),
        "flipped": (flipped, "vermillion", "diamond", 5),
    }
    for name, (chosen, colour, symbol, size) in looks.items():
        figure.add_scatter(
            x=pull[chosen],
            y=gap[chosen],
            mode="markers",
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": size, "opacity": 0.7},
            name=name,
            hovertemplate="%{x:.2f}, %{y:.2g}<extra></extra>",
        )
    line = np.linspace(max(pull.min(), 1e-2), pull.max(), 100)
    figure.add_scatter(x=line, y=line, mode="lines", line={"color": GREY, "dash": "dot"}, name="gap = inner product")
    figure.update_yaxes(dtick=1)
    return figure
