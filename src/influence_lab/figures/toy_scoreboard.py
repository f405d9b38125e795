"""Figures of the scoreboard of attribution methods."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.evaluations.toy_scoreboard import CEILING
from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure

GROUPS = {  # name: colour, symbol
    "many networks": ("vermillion", "diamond"),
    "curvature": ("blue", "circle"),
    "curvature, normalised": ("sky", "circle-open"),
    "gradients": ("green", "square"),
    "last layer": ("purple", "triangle-up"),
    "baseline": ("orange", "x"),
}
MEMBERS = {
    "last layer": "last layer",
    "representer points": "last layer",
    "θ-RelatIF": "curvature, normalised",
    "ℓ-RelatIF": "curvature, normalised",
    "gradient dot product": "gradients",
    "gradient cosine": "gradients",
    "TracIn": "gradients",
    "TRAK, 1 model": "gradients",
    "training loss": "baseline",
    "random": "baseline",
}


def group_of(method: str) -> str:
    """Which kind of method a name stands for."""
    if method.endswith(("models", "trainings")):
        return "many networks"
    return MEMBERS.get(method, "curvature")


def panels(title: str, table: pd.DataFrame, metrics: Mapping[str, str]) -> go.Figure:
    """One panel a measure, one line a method: the mean with its 95 % interval, and the noise ceiling as a line.

    Args:
        title: the finding.
        table: as `scoreboard` gives it; cells without a number show nothing.
        metrics: four names of measures, with the panels' titles.
    """
    methods = [name for name in dict.fromkeys(table["method"]) if name != CEILING]
    figure = make_subplots(
        2, 2, shared_yaxes=True, subplot_titles=list(metrics.values()), horizontal_spacing=0.04, vertical_spacing=0.08
    )
    figure.update_layout(new_figure(title, "", "", height=1080).layout)
    for place, metric in enumerate(metrics):
        row, column = place // 2 + 1, place % 2 + 1
        rows = table[table["metric"] == metric].set_index("method").reindex(methods)
        for group, (colour, symbol) in GROUPS.items():
            part = rows[[group_of(name) == group for name in methods]].dropna(subset=["mean"])
            figure.add_scatter(
                row=row,
                col=column,
                x=part["mean"],
                y=part.index,
                error_x={"array": part["half"], "thickness": 2, "width": 4},
                mode="markers",
                marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 9},
                name=group,
                legendgroup=group,
                showlegend=place == 0,
                customdata=part["over"],
                hovertemplate="%{y}: %{x:.3f} ± %{error_x.array:.3f} over %{customdata}<extra></extra>",
            )
        top = table[(table["metric"] == metric) & (table["method"] == CEILING)]
        if len(top):
            figure.add_vline(x=top["mean"].iloc[0], line={"dash": "dot", "color": GREY}, row=row, col=column)
        figure.update_yaxes(
            row=row, col=column, categoryorder="array", categoryarray=methods[::-1], gridcolor="rgba(128,128,128,0.25)"
        )
        figure.update_xaxes(row=row, col=column, gridcolor="rgba(128,128,128,0.25)", zerolinecolor=GREY)
    figure.update_yaxes(automargin=True, dtick=1, tickfont={"size": 11})
    figure.update_annotations(font={"size": 13})
    figure.update_layout(legend={"y": -0.04})
    return figure


def cost(title: str, table: pd.DataFrame, metric: str, y_title: str) -> go.Figure:
    """A measure against processor seconds, one dot a method.

    Args:
        title: the finding.
        table: as `scoreboard` gives it.
        metric: key of the measure drawn.
        y_title: its name.
    """
    figure = new_figure(title, "processor seconds", y_title, log_x=True, height=480)
    wide = table.pivot(index="method", columns="metric", values=["mean", "half"])
    for group, (colour, symbol) in GROUPS.items():
        names = [name for name in wide.index if group_of(name) == group and np.isfinite(wide["mean"][metric][name])]
        names = [name for name in names if name != CEILING]
        figure.add_scatter(
            x=wide["mean"]["seconds"][names],
            y=wide["mean"][metric][names],
            error_y={"array": wide["half"][metric][names], "thickness": 2, "width": 4},
            mode="markers",
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 10},
            text=names,
            name=group,
            hovertemplate="%{text}: %{x:.2g} s, %{y:.3f}<extra></extra>",
        )
    top = table[(table["metric"] == metric) & (table["method"] == CEILING)]
    figure.add_hline(y=top["mean"].iloc[0], line={"dash": "dot", "color": GREY}, annotation_text="noise ceiling")
    return figure
