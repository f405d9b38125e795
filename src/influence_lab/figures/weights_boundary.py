"""Figures of page 09_weights_boundary."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.pictures import add_pictures
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import COLOUR_CYCLE, GREY, OKABE_ITO, SYMBOLS, new_figure

Array = np.ndarray

FLOOR = 1e-17  # an error of zero on a logarithmic axis


def oracle_errors(title: str, runs: Mapping[str, tuple[Array, Array]], limit: float) -> go.Figure:
    """Relative error of a boundary's norm against the norm by the closed form, both on logarithmic axes.

    Args:
        title: the finding.
        runs: by the name of the run, the closed form and the relative errors, shape (n,) each.
        limit: the tolerance, drawn as a line.
    """
    figure = new_figure(
        title, "‖Δw‖ by the closed form", "relative error of the method", log_x=True, log_y=True, height=460
    )
    for number, (name, (closed, errors)) in enumerate(runs.items()):
        figure.add_scatter(
            x=closed,
            y=np.maximum(errors, FLOOR),
            mode="markers",
            marker={"color": COLOUR_CYCLE[number], "symbol": SYMBOLS[number], "size": 5, "opacity": 0.6},
            name=name,
            hovertemplate="%{x:.3g}: %{y:.1g}<extra></extra>",
        )
    figure.add_hline(y=limit, line={"dash": "dot", "color": GREY})
    figure.update_yaxes(dtick=3)
    return figure


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


def by_size(title: str, table: pd.DataFrame, names: Mapping[str, str], y_title: str) -> go.Figure:
    """A value with its interval by group size, one line a method.

    Args:
        title: the finding.
        table: columns method, size, mean, low, high.
        names: legend text by method, in order.
        y_title: with unit.
    """
    figure = new_figure(title, "images in the group", y_title, height=440)
    for number, (method, name) in enumerate(names.items()):
        rows = table[table["method"] == method]
        figure.add_scatter(
            x=rows["size"] + 0.25 * (number - (len(names) - 1) / 2),
            y=rows["mean"],
            error_y=_bars(rows),
            mode="lines+markers",
            marker={"color": COLOUR_CYCLE[number], "symbol": SYMBOLS[number], "size": 8},
            name=name,
            hovertemplate=f"{name}: %{{y:.3f}} (+%{{error_y.array:.3f}}, −%{{error_y.arrayminus:.3f}})<extra></extra>",
        )
    return figure


def by_category(
    title: str,
    table: pd.DataFrame,
    categories: Mapping,
    series: Mapping[str, str],
    names: tuple[str, str],
    y_title: str,
) -> go.Figure:
    """Values with intervals, categories side by side, one colour and symbol a series.

    Args:
        title: the finding.
        table: a column for the category, one for the series, mean, low and high.
        categories: text below the axis by category, in order.
        series: legend text by series, in order.
        names: of those two columns.
        y_title: with unit.
    """
    figure = new_figure(title, "", y_title, height=460)
    places = {category: place for place, category in enumerate(categories)}
    for number, (one, name) in enumerate(series.items()):
        rows = table[(table[names[1]] == one) & table[names[0]].isin(list(places))]
        figure.add_scatter(
            x=rows[names[0]].map(places) + 0.18 * (number - (len(series) - 1) / 2),
            y=rows["mean"],
            error_y=_bars(rows),
            mode="markers",
            marker={"color": COLOUR_CYCLE[number], "symbol": SYMBOLS[number], "size": 9},
            name=name,
            hovertemplate=f"{name}: %{{y:.3f}} (+%{{error_y.array:.3f}}, −%{{error_y.arrayminus:.3f}})<extra></extra>",
        )
    figure.update_xaxes(
        tickvals=list(places.values()),
        ticktext=list(categories.values()),
        showgrid=False,
        zeroline=False,
        range=[-0.5, len(places) - 0.5],
    )
    return figure


def score_strips(title: str, scores: Mapping[str, Array], failed: float = 1.0) -> go.Figure:
    """Every group's score as a dot, categories side by side; failures lie on a line.

    Args:
        title: the finding.
        scores: by the text below the axis, shape (groups,).
        failed: the score of a failure.
    """
    figure = new_figure(title, "", "score ‖Δw‖, 1 for a failure", height=460)
    for place, values in enumerate(scores.values()):
        spread = np.linspace(-0.3, 0.3, len(values)) if len(values) > 1 else np.zeros(1)
        figure.add_scatter(
            x=place + spread,
            y=np.sort(values),
            mode="markers",
            marker={"color": COLOUR_CYCLE[place % 2], "symbol": SYMBOLS[place % 2], "size": 6},
            showlegend=False,
            hovertemplate="%{y:.3f}<extra></extra>",
        )
    figure.add_hline(y=failed, line={"dash": "dot", "color": GREY})
    figure.update_xaxes(tickvals=list(range(len(scores))), ticktext=list(scores), showgrid=False, zeroline=False)
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


def _bars(rows: pd.DataFrame) -> dict:
    above, below = rows["high"] - rows["mean"], rows["mean"] - rows["low"]
    return {"array": above, "arrayminus": below, "symmetric": False, "thickness": 2, "width": 4}
