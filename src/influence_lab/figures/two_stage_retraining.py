"""Figures of influence through fine-tuning against two real stages of training."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.evaluations.two_stage_board import CEILING
from influence_lab.figures.theme import GREY, OKABE_ITO, SYMBOLS, new_figure

CURVATURES = {  # name: label, colour, symbol
    "newton": ("Gauss-Newton matrices", "blue", "circle"),
    "ekfac": ("EK-FAC", "vermillion", "square"),
    "": ("search", "green", "diamond"),
}


def methods(title: str, table: pd.DataFrame, names: Mapping[str, str], x_title: str, value: str = "value") -> go.Figure:
    """A line a method: a value with its 95 % interval, by curvature, and the noise ceiling where there is one.

    Args:
        title: the finding.
        table: rows of one metric of the board.
        names: methods as readers see them, from the top down.
        x_title: what is measured.
        value: `value`, or `difference` for full formula less method.
    """
    ends = ("low", "high") if value == "value" else ("difference_low", "difference_high")
    figure = new_figure(title, x_title, "", height=220 + 30 * len(names))
    for curvature, (label, colour, symbol) in CURVATURES.items():
        rows = table[table["curvature"] == curvature].set_index("method").reindex(list(names)).dropna(subset=[value])
        if rows.empty:
            continue
        low, high = (rows[end] for end in ends)
        figure.add_scatter(
            x=rows[value],
            y=[names[name] for name in rows.index],
            error_x={"array": high - rows[value], "arrayminus": rows[value] - low, "thickness": 1.5},
            mode="markers",
            marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 9},
            name=label,
            customdata=np.stack([low, high], axis=1),
            hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<extra></extra>",
        )
    ceiling = table[table["method"] == CEILING]["value"]
    if value == "value" and len(ceiling):
        figure.add_vline(x=float(ceiling.iloc[0]), line={"dash": "dot", "color": GREY})
    figure.update_yaxes(categoryorder="array", categoryarray=list(names.values())[::-1], dtick=1)
    figure.update_layout(scattermode="group")
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return figure


def by_alpha(title: str, lines: Mapping[str, pd.DataFrame], x_title: str, y_title: str) -> go.Figure:
    """One line a label over α.

    Args:
        title: the finding.
        lines: tables with columns `alpha`, `mean` and `half`, half the width of the 95 % interval.
        x_title: which α.
        y_title: what is measured.
    """
    figure = new_figure(title, x_title, y_title, log_x=True)
    for place, (label, table) in enumerate(lines.items()):
        figure.add_scatter(
            x=table["alpha"],
            y=table["mean"],
            error_y={"array": table["half"], "thickness": 1.5},
            mode="lines+markers",
            marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 9},
            name=label,
        )
    return figure
