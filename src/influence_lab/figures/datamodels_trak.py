"""Figures of page 06_datamodels_trak."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.slider import slider
from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure

Array = np.ndarray
STYLES = {  # method: colour, symbol
    "retraining": ("blue", "circle"),
    "influence": ("vermillion", "square"),
    "trak": ("green", "diamond"),
    "limit": ("purple", "diamond"),
    "averaged": ("orange", "triangle-up"),
    "0": ("sky", "circle"),  # the projection dimensions, in order
    "1": ("orange", "square"),
    "2": ("green", "diamond"),
    "3": ("purple", "cross"),
    "4": ("black", "x"),
}


def scores_by_size(
    title: str, x_title: str, lines: Mapping[str, pd.DataFrame], styles: Mapping[str, str], ceiling: tuple[float, float]
) -> go.Figure:
    """LDS of several methods against a cost, with 95 % intervals and the noise ceiling as a band.

    Args:
        title: the finding.
        x_title: of the cost, with its unit.
        lines: by legend text a table with the columns `x`, `mean` and `half`.
        styles: by legend text a key of `STYLES`.
        ceiling: mean and half-width.
    """
    figure = new_figure(title, x_title, "LDS, mean over targets", log_x=True, height=480)
    low, high = ceiling[0] - ceiling[1], ceiling[0] + ceiling[1]
    figure.add_hrect(y0=low, y1=high, fillcolor="rgba(128,128,128,0.25)", line_width=0)
    figure.add_hline(y=ceiling[0], line={"dash": "dot", "color": GREY}, annotation_text="noise ceiling")
    for name, table in lines.items():
        colour, symbol = STYLES[styles[name]]
        figure.add_scatter(
            x=table["x"],
            y=table["mean"],
            error_y={"array": table["half"], "thickness": 1.5, "width": 4},
            mode="lines+markers",
            line={"color": OKABE_ITO[colour], "width": 1.5},
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 8},
            name=name,
            hovertemplate=f"{name}, %{{x}}: %{{y:.3f}} ± %{{error_y.array:.3f}}<extra></extra>",
        )
    figure.update_xaxes(dtick=None, exponentformat="none")
    return figure


def scores_by_alpha(title: str, table: pd.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """LDS at each α, side by side, with the ceiling as bars behind.

    Args:
        title: the finding.
        table: columns `alpha`, `method` (a key of `STYLES`, or "ceiling"), `mean`, `half`.
        names: legend text by method.
    """
    figure = new_figure(title, "α, share of the training points in a subset", "LDS, mean over targets", height=440)
    alphas = sorted(table["alpha"].unique())
    for number, (method, name) in enumerate(names.items()):
        rows = table[table["method"] == method].sort_values("alpha")
        places = np.array([alphas.index(alpha) for alpha in rows["alpha"]], dtype=float)
        bars = {"array": rows["half"], "thickness": 2, "width": 5}
        if method == "ceiling":
            figure.add_bar(
                x=places, y=rows["mean"], error_y=bars, name=name, marker_color="rgba(128,128,128,0.35)", width=0.8
            )
            continue
        colour, symbol = STYLES[method]
        figure.add_scatter(
            x=places + 0.16 * (number - len(names) / 2),
            y=rows["mean"],
            error_y=bars,
            mode="markers",
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 9},
            name=name,
            hovertemplate=f"{name}: %{{y:.3f}} ± %{{error_y.array:.3f}}<extra></extra>",
        )
    figure.update_xaxes(tickvals=list(range(len(alphas))), ticktext=[str(alpha) for alpha in alphas], showgrid=False)
    return figure


def extreme_points(title: str, X: Array, y: Array, panels: Sequence[tuple[str, Array]], count: int = 10) -> go.Figure:
    """The training points of the most positive and most negative weights on the map; a slider over panels.

    Args:
        title: the finding.
        X: training inputs, shape (n, 2).
        y: labels, shape (n,).
        panels: name and weights, shape (n,); a point that is to be marked follows as a third entry, or none.
        count: points marked at each end.
    """
    figure = new_figure(title, "first coordinate", "second coordinate", height=540)
    for label, text, symbol in ((1, "red class", "circle"), (0, "blue class", "x-thin")):
        chosen = X[y == label]
        figure.add_scatter(
            x=chosen[:, 0],
            y=chosen[:, 1],
            mode="markers",
            marker={"color": GREY, "symbol": symbol, "size": 5, "line": {"width": 1, "color": GREY}},
            name=text,
            hoverinfo="skip",
        )
    for _, weights, *target in panels:
        order = np.argsort(weights, kind="stable")
        ends = (
            (order[::-1][:count], "largest weights", "blue", "triangle-up"),
            (order[:count], "smallest weights", "vermillion", "triangle-down"),
        )
        for rows, text, colour, symbol in ends:
            figure.add_scatter(
                x=X[rows, 0],
                y=X[rows, 1],
                mode="markers",
                marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 12},
                text=[f"{weight:.3g}" for weight in weights[rows]],
                hovertemplate="weight %{text}<extra></extra>",
                name=text,
            )
        place = target[0] if target else np.full(2, np.nan)
        figure.add_scatter(
            x=[place[0]],
            y=[place[1]],
            mode="markers",
            marker={"color": OKABE_ITO["green"], "symbol": "star", "size": 15},
            name="target",
            showlegend=bool(target),
        )
    slider(figure, [name for name, *_ in panels], "", always=2, each=3)
    figure.update_yaxes(scaleanchor="x")
    return figure
