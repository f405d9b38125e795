"""Figures of the language models' scoreboard."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.evaluations.lm_rows import CEILING
from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure

GROUPS = {  # name: colour, symbol, methods
    "curvature": ("blue", "circle", ("ekfac", "kfac", "relatif", "theta_relatif", "gauss_newton")),
    "gradients": ("vermillion", "square", ("dot", "cosine")),
    "retrieval": ("green", "diamond", ("tfidf", "bm25", "embedding")),
    "chance": ("orange", "x", ("random",)),
}


def group_of(method: str) -> str:
    """Which kind of method a name stands for; EK-FAC with another damping is curvature.

    >>> group_of("ekfac 0.01"), group_of("bm25")
    ('curvature', 'retrieval')
    """
    return next((name for name, (_, _, members) in GROUPS.items() if method in members), "curvature")


def panels(
    title: str, table: pd.DataFrame, shown: Mapping[tuple[str, str], str], methods: Mapping[str, str]
) -> go.Figure:
    """One panel a pair of metric and model, one line a method: value, 95 % interval, and the noise ceiling.

    Args:
        title: the finding.
        table: the scoreboard.
        shown: titles of the panels by metric and model.
        methods: names as readers see them, from the top down.
    """
    figure = make_subplots(
        1, len(shown), shared_yaxes=True, subplot_titles=list(shown.values()), horizontal_spacing=0.03
    )
    figure.update_layout(new_figure(title, "", "", height=200 + 26 * len(methods)).layout)
    for column, (metric, model) in enumerate(shown, start=1):
        part = table[(table["metric"] == metric) & (table["model"] == model)].set_index("method")
        for group, (colour, symbol, _) in GROUPS.items():
            members = part.reindex([name for name in methods if group_of(name) == group]).dropna(subset=["value"])
            figure.add_scatter(
                row=1,
                col=column,
                x=members["value"],
                y=[methods[name] for name in members.index],
                error_x=_bars(members),
                mode="markers",
                marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 9},
                name=group,
                legendgroup=group,
                showlegend=column == 1,
                customdata=np.stack([members["low"], members["high"]], axis=1),
                hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<extra></extra>",
            )
        if CEILING in part.index:
            figure.add_vline(x=part.loc[CEILING, "value"], line={"dash": "dot", "color": GREY}, row=1, col=column)
    order = list(methods.values())[::-1]
    figure.update_yaxes(
        categoryorder="array", categoryarray=order, automargin=True, dtick=1, gridcolor="rgba(128,128,128,0.25)"
    )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.25)", zerolinecolor=GREY)
    figure.update_annotations(font={"size": 12})
    return figure


def costs(title: str, panel: pd.DataFrame, methods: Mapping[str, str], y_title: str, top: float | None) -> go.Figure:
    """A measure against seconds of the processor, one dot a method.

    Args:
        title: the finding.
        panel: rows of one metric and model.
        methods: names as readers see them.
        y_title: of the measure.
        top: its noise ceiling, where there is one.
    """
    figure = new_figure(title, "processor seconds, from the trained model on", y_title, log_x=True, height=460)
    rows = panel[panel["method"].isin(methods) & panel["seconds"].gt(0)]
    for group, (colour, symbol, _) in GROUPS.items():
        part = rows[[group_of(name) == group for name in rows["method"]]]
        figure.add_scatter(
            x=part["seconds"],
            y=part["value"],
            error_y=_bars(part),
            mode="markers",
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 10},
            text=[methods[name] for name in part["method"]],
            name=group,
            hovertemplate="%{text}: %{x:.2g} s, %{y:.3f}<extra></extra>",
        )
    if top is not None:
        figure.add_hline(y=top, line={"dash": "dot", "color": GREY}, annotation_text="noise ceiling")
    return figure


def patches(title: str, table: pd.DataFrame, methods: Mapping[str, str]) -> go.Figure:
    """The real change of log p by one step against its first-order prediction, a dot a query and method."""
    figure = new_figure(title, "step size × dot products, nats", "change of log p by the step, nats", height=460)
    for group, (colour, symbol, _) in GROUPS.items():
        part = table[[group_of(name) == group for name in table["method"]]]
        figure.add_scatter(
            x=part["first_order"],
            y=part["change"],
            mode="markers",
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 6, "opacity": 0.7},
            text=[methods[name] for name in part["method"]],
            name=group,
            hovertemplate="%{text}: predicted %{x:.3g}, real %{y:.3g}<extra></extra>",
        )
    ends = [float(table["first_order"].min()), float(table["first_order"].max())]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"dash": "dot", "color": GREY}, name="equal", hoverinfo="skip"
    )
    return figure


def dampings(title: str, table: pd.DataFrame, models: Mapping[str, str], reference: Mapping[str, float]) -> go.Figure:
    """LDS of EK-FAC by damping, a line a choice of layers.

    Args:
        title: the finding.
        table: columns model, share, value, low, high.
        models: names as readers see them.
        reference: values of other methods, drawn as horizontal lines.
    """
    figure = new_figure(title, "λ, as a share of each layer's mean eigenvalue", "LDS", log_x=True)
    for (model, name), colour, symbol in zip(models.items(), ("blue", "vermillion"), ("circle", "square"), strict=True):
        part = table[table["model"] == model].sort_values("share")
        figure.add_scatter(
            x=part["share"],
            y=part["value"],
            error_y=_bars(part),
            mode="lines+markers",
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 9},
            name=name,
        )
    for name, value in reference.items():
        figure.add_hline(y=value, line={"dash": "dot", "color": GREY}, annotation_text=name)
    return figure


def _bars(part: pd.DataFrame) -> dict:
    return {
        "type": "data",
        "symmetric": False,
        "array": part["high"] - part["value"],
        "arrayminus": part["value"] - part["low"],
        "thickness": 2,
        "width": 4,
    }
