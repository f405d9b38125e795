"""Figures of the greedy search for functioning groups, second half of page 05_functioning_groups."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.attributions.functioning_groups import Trace
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import COLOUR_CYCLE, GREY, OKABE_ITO, SYMBOLS, new_figure

Array = np.ndarray
PALE = {0: "rgba(0,114,178,0.35)", 1: "rgba(213,94,0,0.35)"}  # blue and red class


def growth_steps(title: str, X: Array, y: Array, traces: Mapping[str, Trace], sizes: Sequence[int]) -> go.Figure:
    """Members of the group, one panel a search; a slider chooses the group's size.

    Args:
        title: the finding.
        X: points, shape (n, 2).
        y: classes 0 or 1, shape (n,).
        traces: searches from the same seed, by the panel's title.
        sizes: of the group, the slider's positions.
    """
    figure = new_figure(title, "", "", height=180 + 200 * len(traces))
    panels = make_subplots(rows=len(traces), cols=1, subplot_titles=list(traces), vertical_spacing=0.06)
    panels.update_layout(figure.layout)
    for row in range(1, len(traces) + 1):
        panels.add_scatter(
            x=X[:, 0],
            y=X[:, 1],
            mode="markers",
            marker={"color": [PALE[int(label)] for label in y], "size": 5},
            hoverinfo="skip",
            showlegend=False,
            row=row,
            col=1,
        )
    for size in sizes:
        for row, trace in enumerate(traces.values(), start=1):
            members = trace.members[:size]
            panels.add_scatter(
                x=X[members, 0],
                y=X[members, 1],
                mode="markers",
                marker={"color": GREY, "size": 9, "symbol": "circle-open", "line": {"width": 2}},
                text=[f"member {place}" for place in range(1, size + 1)],
                hovertemplate="%{text}<extra></extra>",
                showlegend=False,
                row=row,
                col=1,
            )
    panels.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    panels.update_yaxes(showticklabels=False, showgrid=False, zeroline=False)
    slider(panels, [str(size) for size in sizes], "group size ", always=len(traces), each=len(traces))
    return panels


def along_size(
    title: str,
    y_title: str,
    curves: Mapping[str, Array],
    marks: Mapping[float, str],
    level: float | None = None,
    top: float | None = None,
) -> go.Figure:
    """Curves against the group's size: means over seeds with 95 % bands.

    Args:
        title: the finding.
        y_title: axis title with unit.
        curves: by legend text, shape (seeds, sizes) for the sizes 1, 2, …
        marks: vertical lines with their texts.
        level: a horizontal line.
        top: where the vertical axis ends, where the first points would hide the rest.
    """
    figure = new_figure(title, "group size (points)", y_title, height=460)
    for number, (name, values) in enumerate(curves.items()):
        colour, size = COLOUR_CYCLE[number], np.arange(1, values.shape[1] + 1)
        mean, half = np.array([mean_interval(column) for column in values.T]).T
        low, high = mean - half, mean + half
        figure.add_scatter(
            x=np.concatenate([size, size[::-1]]),
            y=np.concatenate([high, low[::-1]]),
            fill="toself",
            fillcolor=colour,
            opacity=0.2,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(x=size, y=mean, mode="lines", line={"color": colour}, name=name)
    for place, text in marks.items():
        figure.add_vline(x=place, line={"dash": "dot", "color": GREY}, annotation_text=text)
    if level is not None:
        figure.add_hline(y=level, line={"dash": "dash", "color": GREY})
    if top is not None:
        figure.update_yaxes(range=[0, top])
    return figure


def recovery(title: str, table: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> go.Figure:
    """Adjusted Rand index of each method: every draw as a dot, the mean with its 95 % interval.

    Args:
        title: the finding.
        table: columns method and rand, a row a draw and method.
        groups: methods in the order to draw, by legend text.
    """
    figure = new_figure(title, "adjusted Rand index over the red points", "", height=560)
    for number, (text, methods) in enumerate(groups.items()):
        colour, first = COLOUR_CYCLE[number], True
        for method in methods:
            values = table.loc[table["method"] == method, "rand"].to_numpy()
            mean, half = mean_interval(values)
            figure.add_scatter(
                x=values,
                y=[method] * len(values),
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 5, "opacity": 0.35},
                hovertemplate="%{x:.3f}<extra></extra>",
            )
            figure.add_scatter(
                x=[mean],
                y=[method],
                error_x={"array": [half], "thickness": 2, "width": 5},
                mode="markers",
                marker={"color": colour, "symbol": SYMBOLS[number], "size": 10},
                name=text,
                showlegend=first,
                hovertemplate="%{x:.3f} ± %{error_x.array:.3f}<extra></extra>",
            )
            first = False
    figure.update_yaxes(autorange="reversed")
    return figure


def partitions(title: str, drawn: Mapping[str, Array], discs: Sequence[int]) -> go.Figure:
    """Functioning groups of draws, a colour and symbol each; a slider chooses the draw.

    Args:
        title: the finding.
        drawn: `X_D`, `y_D` and `group_D` for each number of discs D.
        discs: D of the draws.
    """
    figure = new_figure(title, "first coordinate", "second coordinate", height=560)
    most = max(int(drawn[f"group_{count}"].max()) + 1 for count in discs)
    for count in discs:
        X, y, group = (drawn[f"{name}_{count}"] for name in ("X", "y", "group"))
        for one in range(most):  # as many traces for each draw, so that the slider can group them
            rows = group == one
            red = bool(rows.any() and y[rows][0] == 1)
            figure.add_scatter(
                x=X[rows, 0],
                y=X[rows, 1],
                mode="markers",
                marker={
                    "color": COLOUR_CYCLE[one % 7],
                    "symbol": SYMBOLS[one % 8] + ("" if red else "-open"),
                    "size": 6,
                },
                name=f"group {one + 1}: {rows.sum()} {'red' if red else 'blue'}",
                showlegend=bool(rows.any()),
                hovertemplate=f"group {one + 1}<extra></extra>",
            )
    slider(figure, [str(count) for count in discs], "discs ", each=most)
    figure.update_layout(legend={"y": -0.42, "yanchor": "top"})
    return figure


def removal_matrix(title: str, table: pd.DataFrame) -> go.Figure:
    """Mean drop of the margin in each region (columns) when a group (rows) is taken away.

    Args:
        title: the finding.
        table: columns removed, region and drop, a row a seed.
    """
    cells = table.groupby(["removed", "region"])["drop"].agg(lambda drop: mean_interval(drop.to_numpy())).unstack()
    mean, half = (cells.map(lambda pair, place=place: pair[place]).to_numpy() for place in (0, 1))
    names = [f"group {one + 1}" for one in cells.index]
    figure = new_figure(title, "region", "group taken away", height=460)
    figure.add_heatmap(
        z=mean,
        x=names,
        y=names,
        text=[[f"{m:.1f} ± {h:.1f}" for m, h in zip(*row, strict=True)] for row in zip(mean, half, strict=True)],
        texttemplate="%{text}",
        colorscale=[[0, "#FFFFFF"], [1, OKABE_ITO["vermillion"]]],
        colorbar={"title": "drop"},
        hovertemplate="without %{y}, region of %{x}: %{text}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed")
    return figure
