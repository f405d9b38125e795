"""Figures of the small versions of IDEAL, EQUAL and Infra."""

import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.theme import COLOUR_CYCLE, GREY, SYMBOLS, new_figure


def ways(title: str, axis: str, table: pd.DataFrame, by: str, reference: str) -> go.Figure:
    """One line a way of choosing: its mean, a 95 % interval, and a dotted line at the way that it is compared with.

    Args:
        title: the finding.
        axis: what is measured, with its unit.
        table: columns `by`, mean, half; drawn from the top down.
        by: column with the names of the ways.
        reference: one of them.
    """
    figure = new_figure(title, axis, "", height=160 + 36 * len(table))
    figure.add_scatter(
        x=table["mean"],
        y=table[by],
        error_x={"type": "data", "array": table["half"], "thickness": 2, "width": 4},
        mode="markers",
        marker={"size": 10, "color": COLOUR_CYCLE[0]},
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        showlegend=False,
    )
    figure.add_vline(x=float(table.loc[table[by] == reference, "mean"].iloc[0]), line={"dash": "dot", "color": GREY})
    figure.update_yaxes(autorange="reversed", dtick=1, automargin=True)
    return figure


def agreement(title: str, axes: tuple[str, str], table: pd.DataFrame, by: str, equal: bool = False) -> go.Figure:
    """Dots of two quantities, one colour and symbol a group.

    Args:
        title: the finding.
        axes: titles of both axes, with units.
        table: columns x, y and `by`.
        by: column with the group.
        equal: whether to draw the line where both are equal.
    """
    figure = new_figure(title, *axes, height=440)
    for place, (name, part) in enumerate(table.groupby(by, sort=False)):
        figure.add_scatter(
            x=part["x"],
            y=part["y"],
            mode="markers",
            name=str(name),
            marker={
                "size": 9,
                "color": COLOUR_CYCLE[place % len(COLOUR_CYCLE)],
                "symbol": SYMBOLS[place % len(SYMBOLS)],
            },
        )
    if equal:
        ends = [float(table[["x", "y"]].min().min()), float(table[["x", "y"]].max().max())]
        figure.add_scatter(
            x=ends, y=ends, mode="lines", line={"dash": "dot", "color": GREY}, name="equal", hoverinfo="skip"
        )
    return figure
