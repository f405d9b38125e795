"""Figures of page 03_response_functions along an axis: stages, gaps, training time and swept networks."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.evaluations.response_tables import over_seeds
from influence_lab.figures.response_functions import means_along
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import COLOUR_CYCLE, GREY, OKABE_ITO, new_figure

STAGES = {  # what readers see of the stages' names
    "ceiling": "ceiling",
    "other batches": "cold, other batches",
    "cold": "cold",
    "warm": "warm",
    "proximal": "proximal",
    "pbrf": "PBRF",
    "lissa": "influence by LiSSA",
}


def stage_correlations(title: str, y_title: str, settings: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Correlation at each stage, a line a setting; the ceiling stands apart, on the left.

    Args:
        title: the finding.
        y_title: of the correlations.
        settings: by legend text, with the columns `stage` (of `STAGES`), `mean` and `half`.
    """
    tables = {}
    for name, table in settings.items():
        rows = table.set_index("stage").reindex(list(STAGES)).reset_index()
        apart = rows.iloc[[0]].assign(mean=np.nan)  # breaks the line
        tables[name] = pd.concat([rows.iloc[[0]], apart, rows.iloc[1:]]).assign(name=lambda r: r["stage"].map(STAGES))
    figure = means_along(title, "", y_title, tables, "name")
    figure.update_layout(legend={"y": -0.3})  # below the slanted names
    return figure


def gap_distances(title: str, settings: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Parameter distance of each gap, counted in two ways, on a logarithmic axis; a slider over settings.

    Args:
        title: the finding.
        settings: by the text of the slider, rows of `gap_table`.
    """
    figure = new_figure(title, "", "parameter distance", log_y=True, height=540)
    ways = {
        "distance": ("from place to place", "blue", "circle"),
        "paired": ("between changes", "vermillion", "square"),
    }
    for table in settings.values():
        for column, (name, colour, symbol) in ways.items():
            means = over_seeds(table, ["gap"], column)
            figure.add_scatter(
                x=means["gap"],
                y=means["mean"],
                error_y={"array": means["half"], "thickness": 1.5, "width": 4},
                mode="markers",
                marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 9},
                name=name,
                hovertemplate="%{x}: %{y:.3g} ± %{error_y.array:.2g}<extra>" + name + "</extra>",
            )
    slider(figure, list(settings), "", each=len(ways))
    return figure


def fading_correlations(title: str, tables: Mapping[str, pd.DataFrame], marks: Mapping[str, float]) -> go.Figure:
    """Correlation of predictions with measured effects against training steps; a dotted line at each mark.

    Args:
        title: the finding.
        tables: by legend text, with the columns `steps`, `mean` and `half`.
        marks: steps to mark, by legend text; some of the tables'.
    """
    figure = means_along(
        title, "steps of gradient descent after training", "correlation with measured changes", tables, "steps", True
    )
    colours = dict(zip(tables, COLOUR_CYCLE, strict=False))
    for name, steps in marks.items():
        figure.add_vline(x=steps, line={"dash": "dot", "width": 2, "color": colours[name]})
    return figure


def sweep_means(title: str, y_title: str, table: pd.DataFrame) -> go.Figure:
    """Means with 95 % intervals for each network and its ceiling, the sweeps side by side on one axis of names.

    Args:
        title: the finding.
        y_title: with unit.
        table: rows of `sweep_table`.
    """
    sweeps = dict(list(table.groupby("sweep", sort=False)))
    figure = means_along(title, "", y_title, sweeps, "label")
    for trace, group in zip(figure.data, sweeps.values(), strict=True):
        trace.customdata = group["loss"]
        trace.hovertemplate = "%{x}: %{y:.3g} ± %{error_y.array:.2g}<br>training loss %{customdata:.2g}<extra></extra>"
    figure.add_scatter(
        x=table["label"],
        y=table["ceiling"],
        mode="markers",
        marker={"symbol": "line-ew-open", "size": 18, "color": GREY, "line": {"width": 2.5}},
        name="ceiling: two batch orders",
    )
    figure.add_hline(y=0, line={"dash": "dot", "color": GREY})
    return figure
