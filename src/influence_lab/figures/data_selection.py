"""The figures of page 13_data_selection."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure

LOOKS = {  # colour, symbol, dash
    "random": ("yellow", "x", "dot"),
    "tfidf": ("sky", "diamond", "dash"),
    "bm25": ("green", "diamond", "dash"),
    "embedding": ("purple", "cross", "dash"),
    "cosine": ("orange", "square", "solid"),
    "ekfac_base": ("blue", "triangle-up", "dot"),
    "ekfac": ("blue", "circle", "solid"),
    "two_stage": ("vermillion", "star", "solid"),
}
ORACLE = "oracle"


def budgets(
    title: str, curves: pd.DataFrame, names: Mapping[str, str], references: Mapping[str, float], y_title: str
) -> go.Figure:
    """A measure against the budget, a line a strategy, with 95 % intervals.

    Args:
        title: the finding.
        curves: columns strategy, budget, mean, half.
        names: strategies as readers see them; others are not drawn.
        references: heights of horizontal lines by label.
        y_title: of the measure, with its unit.
    """
    figure = new_figure(title, "budget (texts)", y_title, height=520)
    present = [name for name in names if (curves["strategy"] == name).any()]
    ticks = sorted(curves.loc[curves["strategy"].isin(present), "budget"].unique().tolist())
    for place, name in enumerate(present):
        part = curves[curves["strategy"] == name].sort_values("budget")
        colour, symbol, dash = LOOKS.get(name, ("", "pentagon", "dot"))
        figure.add_scatter(
            x=part["budget"] * (1 + 0.02 * (place - len(present) / 2)),  # side by side, so that intervals are seen
            y=part["mean"],
            error_y={"type": "data", "array": part["half"], "thickness": 1.2, "width": 3},
            mode="lines+markers",
            line={"color": OKABE_ITO.get(colour, GREY), "dash": dash},
            marker={"symbol": symbol, "size": 8},
            name=names[name],
            customdata=part[["budget", "half"]],
            hovertemplate="%{customdata[0]} texts: %{y:.2f} ± %{customdata[1]:.2f}",
        )
    for label, height in references.items():
        figure.add_hline(y=height, line={"dash": "dot", "color": GREY}, annotation_text=label)
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=[str(tick) for tick in ticks])
    return figure


def gain_by_seconds(title: str, tables: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> go.Figure:
    """Gain over random against the seconds of scoring, a dot a strategy, a colour a model.

    Args:
        title: the finding.
        tables: by model: columns strategy, mean, half, seconds.
        names: strategies as readers see them.
    """
    figure = new_figure(
        title, "processor seconds of scoring", "gain over random (nats a question)", log_x=True, height=480
    )
    for (model, table), colour, symbol in zip(
        tables.items(), ("blue", "vermillion"), ("circle", "square"), strict=True
    ):
        figure.add_scatter(
            x=table["seconds"],
            y=table["mean"],
            error_y={"type": "data", "array": table["half"], "thickness": 1.2, "width": 4},
            mode="markers+text",
            text=[names[name] for name in table["strategy"]],
            textposition="top center",
            textfont={"size": 11},
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 10},
            name=model,
            hovertemplate="%{text}: %{x:.2g} s, %{y:.2f} nats",
        )
    figure.add_hline(y=0, line={"dash": "dot", "color": GREY})
    return figure


def composition(title: str, shares: pd.DataFrame, groups: Mapping[str, str], names: Mapping[str, str]) -> go.Figure:
    """What each strategy's choice consists of, one stacked bar a strategy.

    Args:
        title: the finding.
        shares: columns strategy and the groups.
        groups: as readers see them.
        names: strategies as readers see them.
    """
    figure = new_figure(title, "share of the choice", "", height=140 + 32 * len(shares))
    colours = ("blue", "sky", "vermillion", "orange")
    for number, (group, label) in enumerate(groups.items()):
        colour = OKABE_ITO[colours[number]] if number < len(colours) else GREY
        figure.add_bar(
            x=shares[group],
            y=[names[name] for name in shares["strategy"]],
            orientation="h",
            name=label,
            marker={"color": colour},
            hovertemplate="%{y}: %{x:.2f}",
        )
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_yaxes(autorange="reversed")
    return figure
