"""Figures of page 12_two_stage_lm."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.theme import COLOUR_CYCLE, GREY, OKABE_ITO, new_figure

COLOURS = {"full": "blue", "bm25": "green"}  # all other variants are of one colour


def precision(
    title: str, table: pd.DataFrame, metrics: Mapping[str, str], names: Mapping[str, str], chance: float
) -> go.Figure:
    """One panel a metric, one line a variant: value and 95 % interval.

    Args:
        title: the finding.
        table: as `tracing_table` gives it.
        metrics: titles of the panels.
        names: variants as readers see them, from the top down.
        chance: precision of texts drawn at random, a dotted line in the panels of precision.
    """
    figure = make_subplots(
        1, len(metrics), shared_yaxes=True, subplot_titles=list(metrics.values()), horizontal_spacing=0.04
    )
    figure.update_layout(new_figure(title, "", "", height=200 + 30 * len(names)).layout, showlegend=False)
    for column, metric in enumerate(metrics, start=1):
        part = table[table["metric"] == metric].set_index("variant").loc[list(names)]
        figure.add_scatter(
            row=1,
            col=column,
            x=part["value"],
            y=list(names.values()),
            error_x={
                "type": "data",
                "symmetric": False,
                "array": part["high"] - part["value"],
                "arrayminus": part["value"] - part["low"],
            },
            mode="markers",
            marker={"color": [OKABE_ITO[COLOURS.get(name, "vermillion")] for name in names], "size": 10},
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
        if metric.startswith("precision"):
            figure.add_vline(x=chance, line={"dash": "dot", "color": GREY}, row=1, col=column)
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=list(names.values())[::-1],
        automargin=True,
        gridcolor="rgba(128,128,128,0.25)",
    )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.25)")
    figure.update_annotations(font={"size": 12})
    return figure


def agreements(title: str, table: pd.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """Rank correlations of variants as a matrix, the numbers written in it."""
    shown = table.loc[list(names), list(names)]
    labels = list(names.values())
    figure = new_figure(title, "", "", height=180 + 48 * len(names))
    figure.add_heatmap(
        z=shown.to_numpy(),
        x=labels,
        y=labels,
        zmin=-1,
        zmax=1,
        colorscale="RdBu",
        reversescale=True,
        texttemplate="%{z:.2f}",
        colorbar={"title": "Spearman"},
        hovertemplate="%{y}, %{x}: %{z:.3f}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed")
    return figure


def cost_bars(title: str, table: pd.DataFrame, ways: Mapping[str, str], parts: Mapping[str, str]) -> go.Figure:
    """Processor seconds of each way, its parts on top of one another.

    Args:
        title: the finding.
        table: columns way, part, seconds (means over repetitions).
        ways: as readers see them.
        parts: likewise, in their order.
    """
    figure = new_figure(title, "", "processor seconds")
    for colour, (part, label) in zip(COLOUR_CYCLE, parts.items(), strict=False):
        chosen = table[table["part"] == part].set_index("way")["seconds"].reindex(list(ways), fill_value=0.0)
        figure.add_bar(
            x=list(ways.values()),
            y=chosen.to_numpy(),
            name=label,
            marker={"color": colour},
            hovertemplate="%{x}, " + label + ": %{y:.2f} s<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    return figure
