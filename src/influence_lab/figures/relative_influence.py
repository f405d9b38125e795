"""Figures of page 04_relative_influence."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.slider import slider
from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure

Array = np.ndarray
COLOURS = {"toy": "blue", "cancer": "vermillion", "digits": "green"}
SYMBOLS = {"toy": "circle", "cancer": "square", "digits": "diamond"}


def against_loss(title: str, losses: Array, sizes: Mapping[str, Array], notes: Mapping[str, str]) -> go.Figure:
    """Size of the scores against training loss, both on logarithmic axes; a slider chooses the score.

    Args:
        title: the finding.
        losses: shape (n,).
        sizes: by the score's name, shape (n,); each is drawn relative to its mean.
        notes: by the same names, what the legend says.
    """
    figure = new_figure(
        title, "training loss (nats)", "mean |score|, relative to all points", log_x=True, log_y=True, height=520
    )
    for name, values in sizes.items():
        figure.add_scatter(
            x=losses,
            y=values / values.mean(),
            mode="markers",
            marker={"color": OKABE_ITO["blue"], "size": 7},
            name=notes[name],
            showlegend=True,
            hovertemplate="loss %{x:.3g}: %{y:.3g}<extra></extra>",
        )
    everything = np.concatenate([values / values.mean() for values in sizes.values()])
    low, high = np.log10([everything.min(), everything.max()])
    figure.update_yaxes(range=[low - 0.2, high + 0.2])
    slider(figure, list(sizes), "")
    return figure


def by_score(
    title: str, y_title: str, tables: Mapping[str, pd.DataFrame], names: Mapping[str, str], line: float | None = None
) -> go.Figure:
    """Means with 95 % intervals, scores side by side, one colour and symbol a world.

    Args:
        title: the finding.
        y_title: axis title with unit.
        tables: by the text below the axis a table with the columns `world`, `mean` and `half`.
        names: legend text by world.
        line: a level to draw, for instance 0.
    """
    figure = new_figure(title, "", y_title, height=460)
    places = np.arange(len(tables))
    for number, (world, name) in enumerate(names.items()):
        rows = [table.set_index("world").reindex([world]).iloc[0] for table in tables.values()]
        figure.add_scatter(
            x=places + 0.16 * (number - (len(names) - 1) / 2),
            y=[row["mean"] for row in rows],
            error_y={"array": [row["half"] for row in rows], "thickness": 2, "width": 5},
            mode="markers",
            marker={"color": OKABE_ITO[COLOURS[world]], "symbol": SYMBOLS[world], "size": 9},
            name=name,
            hovertemplate=f"{name}: %{{y:.3f}} ± %{{error_y.array:.3f}}<extra></extra>",
        )
    figure.update_xaxes(
        tickvals=places, ticktext=list(tables), showgrid=False, zeroline=False, range=[-0.5, len(tables) - 0.5]
    )
    if line is not None:
        figure.add_hline(y=line, line={"dash": "dot", "color": GREY})
    return figure


def maxima(title: str, table: pd.DataFrame, limit: float) -> go.Figure:
    """Relative gap between a maximum found by refits and the closed form, against the size of the closed form.

    Args:
        title: the finding.
        table: columns `constraint` (theta, ell), `closed` and `gap`.
        limit: the tolerance, drawn as a line.
    """
    x_title = "|RelatIF| of a point and a test loss (nats per unit of the bound)"
    figure = new_figure(title, x_title, "relative gap to the maximum found", log_x=True, log_y=True, height=460)
    texts = {"theta": ("θ-RelatIF, bound on ‖Δθ‖", "blue"), "ell": ("ℓ-RelatIF, bound on E[ΔL²]", "vermillion")}
    for constraint, (text, colour) in texts.items():
        rows = table[table["constraint"] == constraint]
        figure.add_scatter(
            x=rows["closed"].abs(),
            y=np.maximum(rows["gap"], 1e-16),
            mode="markers",
            marker={"color": OKABE_ITO[colour], "size": 4, "opacity": 0.6},
            name=text,
            hovertemplate="%{x:.3g}: %{y:.2g}<extra></extra>",
        )
    figure.add_hline(y=limit, line={"dash": "dot", "color": GREY})
    figure.update_yaxes(dtick=2)
    return figure
