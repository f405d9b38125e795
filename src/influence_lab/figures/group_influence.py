"""Figures of the first half of page 05_functioning_groups: maps of influential points, and influence of groups."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.theme import COLOUR_CYCLE, GREY, OKABE_ITO, SYMBOLS, new_figure

Array = np.ndarray
CLASSES = {1: ("red class", "vermillion", "circle"), 0: ("blue class", "blue", "square")}


def toy_map(title: str, X: Array, y: Array, centres: Array, grid: tuple[Array, Array], logits: Array) -> go.Figure:
    """The points, the centres of the red discs and the decision boundary of one network.

    Args:
        title: the finding.
        X: points, shape (n, 2).
        y: labels, shape (n,).
        centres: shape (discs, 2).
        grid: coordinates along both axes.
        logits: on the grid, shape (rows, columns).
    """
    figure = new_figure(title, "x₁", "x₂", height=440)
    figure.add_trace(_boundary(grid, logits, True))
    for label, (name, colour, symbol) in CLASSES.items():
        rows = X[y == label]
        marker = {"color": OKABE_ITO[colour], "symbol": symbol, "size": 6}
        figure.add_scatter(x=rows[:, 0], y=rows[:, 1], mode="markers", marker=marker, name=name)
    marker = {"color": OKABE_ITO["orange"], "symbol": "star", "size": 15, "line": {"width": 1, "color": GREY}}
    figure.add_scatter(x=centres[:, 0], y=centres[:, 1], mode="markers", marker=marker, name="centres")
    figure.update_yaxes(scaleanchor="x")
    return figure


def self_influence_map(
    title: str, X: Array, scores: Array, chosen: Array, grid: tuple[Array, Array], logits: Array
) -> go.Figure:
    """Points coloured by their self-influence, those of the top ringed, with the decision boundary.

    Args:
        title: the finding.
        X: points, shape (n, 2).
        scores: self-influence, positive, shape (n,).
        chosen: indices of the top.
        grid: coordinates along both axes.
        logits: on the grid, shape (rows, columns).
    """
    figure = new_figure(title, "x₁", "x₂", height=460)
    figure.add_trace(_boundary(grid, logits, True))
    width = np.where(np.isin(np.arange(len(X)), chosen), 2.0, 0.0)
    marker = {
        "color": np.log10(scores),
        "cmin": np.percentile(np.log10(scores), 20),  # the surest points would take the whole scale
        "cmax": np.log10(scores).max(),
        "colorscale": "Cividis",
        "size": 9,
        "line": {"width": width, "color": OKABE_ITO["vermillion"]},
        "colorbar": {"title": {"text": "log₁₀ K(x, x)"}, "thickness": 12},
    }
    figure.add_scatter(
        x=X[:, 0],
        y=X[:, 1],
        mode="markers",
        marker=marker,
        name=f"ringed: top {len(chosen)}",
        customdata=scores,
        hovertemplate="(%{x:.2f}, %{y:.2f}): %{customdata:.3g}<extra></extra>",
    )
    figure.update_yaxes(scaleanchor="x")
    return figure


def centre_maps(
    title: str,
    X: Array,
    y: Array,
    centre: Array,
    tops: Mapping[str, Array],
    grid: tuple[Array, Array],
    logits: Mapping[str, Array],
) -> go.Figure:
    """A panel a regularisation: the points with the largest influence on a cluster's centre.

    Args:
        title: the finding.
        X: points, shape (n, 2).
        y: labels, shape (n,).
        centre: shape (2,).
        tops: by the panel's title, indices of the top.
        grid: coordinates along both axes.
        logits: by the same titles, on the grid.
    """
    figure = make_subplots(2, 2, subplot_titles=list(tops), horizontal_spacing=0.04, vertical_spacing=0.1)
    for number, (name, chosen) in enumerate(tops.items()):
        place = {"row": number // 2 + 1, "col": number % 2 + 1}
        figure.add_trace(_boundary(grid, logits[name], number == 0), **place)
        inside = np.isin(np.arange(len(X)), chosen)
        for rows, colour, size, text in (
            (~inside, "rgba(128,128,128,0.45)", 4, "other points"),
            (inside & (y == 1), OKABE_ITO["vermillion"], 7, "top, red class"),
            (inside & (y == 0), OKABE_ITO["blue"], 7, "top, blue class"),
        ):
            marker = {"color": colour, "size": size}
            figure.add_scatter(
                x=X[rows, 0], y=X[rows, 1], mode="markers", marker=marker, name=text, showlegend=number == 0, **place
            )
        star = {"color": OKABE_ITO["orange"], "symbol": "star", "size": 14, "line": {"width": 1, "color": GREY}}
        figure.add_scatter(
            x=centre[:1], y=centre[1:], mode="markers", marker=star, name="centre", showlegend=number == 0, **place
        )
    base = new_figure(title, "", "", height=620).layout
    figure.update_layout(
        title=base.title, height=620, margin={"l": 20, "r": 16, "t": 60 + 24 * (1 + title.count("<br>")), "b": 30}
    )
    figure.update_layout(
        paper_bgcolor=base.paper_bgcolor,
        plot_bgcolor=base.plot_bgcolor,
        font=base.font,
        legend={"orientation": "h", "yanchor": "top", "y": -0.02},
    )
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False)
    return figure


def by_size(
    title: str,
    x_title: str,
    y_title: str,
    series: Mapping[str, pd.DataFrame],
    *,
    log_x: bool = False,
    log_y: bool = False,
    line: float | None = None,
    exact: Array | None = None,
) -> go.Figure:
    """Means with 95 % intervals against a size, one colour and symbol a series.

    Args:
        title: the finding.
        x_title: axis title with unit.
        y_title: axis title with unit.
        series: by the legend's text a table: the size in the first column, and `mean` and `half`.
        log_x: logarithmic x axis.
        log_y: logarithmic y axis.
        line: a level to draw, for instance 1.
        exact: values that the means should scatter around, shape (series, sizes); then these are joined by lines.
    """
    figure = new_figure(title, x_title, y_title, log_x=log_x, log_y=log_y, height=460)
    for number, values in enumerate(() if exact is None else exact):
        x, colour = next(iter(series.values())).iloc[:, 0], COLOUR_CYCLE[number]
        figure.add_scatter(x=x, y=values, mode="lines", line={"color": colour}, showlegend=False, hoverinfo="skip")
    for number, (name, table) in enumerate(series.items()):
        figure.add_scatter(
            x=table.iloc[:, 0],
            y=table["mean"],
            error_y={"array": table["half"], "thickness": 1.5, "width": 4},
            mode="lines+markers" if exact is None else "markers",
            line={"color": COLOUR_CYCLE[number]},
            marker={"symbol": SYMBOLS[number], "size": 8, "color": COLOUR_CYCLE[number]},
            name=name,
            hovertemplate=f"{name}, %{{x}}: %{{y:.3g}} ± %{{error_y.array:.2g}}<extra></extra>",
        )
    if line is not None:
        figure.add_hline(y=line, line={"dash": "dot", "color": GREY})
    return figure


def orders(title: str, fractions: Array, errors: Mapping[str, Array]) -> go.Figure:
    """Parameter errors against the removed fraction, a thin line a group, log-log.

    Args:
        title: the finding.
        fractions: τ, shape (k,).
        errors: by the legend's text, shape (groups, k).
    """
    figure = new_figure(title, "removed fraction τ of the group", "‖error of Δθ‖", log_x=True, log_y=True, height=460)
    colours = ("blue", "vermillion", "green")
    for number, (name, values) in enumerate(errors.items()):
        for row, each in enumerate(values):
            figure.add_scatter(
                x=fractions,
                y=each,
                mode="lines+markers",
                line={"color": OKABE_ITO[colours[number]], "width": 1},
                marker={"symbol": SYMBOLS[number], "size": 5},
                name=name,
                legendgroup=name,
                showlegend=row == 0,
                hovertemplate="τ = %{x:.3g}: %{y:.2g}<extra></extra>",
            )
    figure.update_xaxes(tickvals=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
    figure.update_yaxes(dtick=2)
    return figure


def spectra(title: str, eigenvalues: Array, rank: int) -> go.Figure:
    """Eigenvalues relative to the largest, a line a network, and the place where theory lets the rank end.

    Args:
        title: the finding.
        eigenvalues: decreasing, shape (networks, p).
        rank: (K − 1)(d + 1).
    """
    figure = new_figure(title, "number of the eigenvalue", "|eigenvalue| / largest", log_y=True, height=400)
    for row in eigenvalues:
        figure.add_scatter(
            x=np.arange(1, len(row) + 1),
            y=np.maximum(np.abs(row) / row[0], 1e-19),
            mode="markers",
            marker={"size": 4, "color": OKABE_ITO["blue"], "opacity": 0.6},
            showlegend=False,
            hovertemplate="%{x}: %{y:.2g}<extra></extra>",
        )
    figure.add_vline(x=rank + 0.5, line={"dash": "dot", "color": GREY})
    figure.update_yaxes(dtick=4)
    return figure


def _boundary(grid: Sequence[Array], logits: Array, legend: bool) -> go.Contour:
    """The line f = 0 on a grid."""
    return go.Contour(
        x=grid[0],
        y=grid[1],
        z=logits,
        contours={"start": 0, "end": 0, "size": 1, "coloring": "lines"},
        colorscale=[[0, GREY], [1, GREY]],
        line={"width": 2},
        showscale=False,
        name="decision boundary",
        showlegend=legend,
        hoverinfo="skip",
    )
