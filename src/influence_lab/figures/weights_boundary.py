"""Figures of page 09_weights_boundary: how far the method is off, and shares of groups."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

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


def score_strips(title: str, scores: Mapping[str, Array], failed: float) -> go.Figure:
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


def failures_by_limit(title: str, table: pd.DataFrame, tolerance: float) -> go.Figure:
    """Share of failures against the limit of passes, with its interval, and a tolerance as a line.

    Args:
        title: the finding.
        table: columns limit, mean, low, high.
        tolerance: a share.
    """
    figure = new_figure(title, "passes allowed", "share of groups with a member not flipped", log_x=True, height=420)
    figure.add_scatter(
        x=table["limit"],
        y=table["mean"],
        error_y=_bars(table),
        mode="lines+markers",
        marker={"color": OKABE_ITO["blue"], "size": 7},
        showlegend=False,
        hovertemplate="%{x} passes: %{y:.3f}<extra></extra>",
    )
    figure.add_hline(y=tolerance, line={"dash": "dot", "color": GREY})
    figure.update_yaxes(rangemode="tozero")
    return figure


def _bars(rows: pd.DataFrame) -> dict:
    above, below = rows["high"] - rows["mean"], rows["mean"] - rows["low"]
    return {"array": above, "arrayminus": below, "symmetric": False, "thickness": 2, "width": 4}
