"""Figures of page 03_response_functions: predicted and measured effects, responses in one dimension, noise."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.slider import slider
from influence_lab.figures.theme import COLOUR_CYCLE, GREY, OKABE_ITO, SYMBOLS, new_figure

Array = np.ndarray


def paired_scatter(title: str, x_title: str, y_title: str, pairs: Mapping[str, tuple[Array, Array]]) -> go.Figure:
    """Measured against predicted effects, a slider over the pairs, with the diagonal.

    Args:
        title: the finding.
        x_title: of what is predicted, with its unit.
        y_title: of what is measured, with its unit.
        pairs: by the text of the slider, predicted and measured, of one shape.
    """
    figure = new_figure(title, x_title, y_title, height=520)
    for predicted, measured in pairs.values():
        ends = [float(np.min(predicted)), float(np.max(predicted))]
        figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": GREY, "dash": "dot"}, name="as predicted")
        figure.add_scatter(
            x=np.ravel(predicted),
            y=np.ravel(measured),
            mode="markers",
            marker={"color": OKABE_ITO["blue"], "size": 4, "opacity": 0.6},
            name="a training and a test point",
            hovertemplate="predicted %{x:.3g}<br>measured %{y:.3g}<extra></extra>",
        )
    slider(figure, list(pairs), "", each=2)
    return figure


def means_along(
    title: str,
    x_title: str,
    y_title: str,
    tables: Mapping[str, pd.DataFrame],
    x: str,
    log_x: bool = False,
) -> go.Figure:
    """Means with 95 % intervals along an axis, one colour and symbol for each table.

    Args:
        title: the finding.
        x_title: with unit.
        y_title: with unit.
        tables: by legend text, with the columns `x`, `mean` and `half`.
        x: name of the column along the axis; text makes categories.
        log_x: logarithmic axis.
    """
    figure = new_figure(title, x_title, y_title, log_x=log_x, height=480)
    for number, (name, table) in enumerate(tables.items()):
        figure.add_scatter(
            x=table[x],
            y=table["mean"],
            error_y={"array": table["half"], "thickness": 1.5, "width": 4},
            mode="lines+markers",
            line={"color": COLOUR_CYCLE[number % len(COLOUR_CYCLE)]},
            marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
            name=name,
            hovertemplate="%{x}: %{y:.3g} ± %{error_y.array:.2g}<extra>" + name + "</extra>",
        )
    return figure


def response_curves(title: str, epsilon: Array, panels: Mapping[str, Mapping[str, Array]]) -> go.Figure:
    """The responses θ(ε) of one parameter; a slider over the parameters θ^s at which they start.

    Args:
        title: the finding.
        epsilon: shape (k,).
        panels: by the text of the slider, curves by name, shape (k,); NaN where a curve does not exist. All panels
            have the same names, in the order of `RESPONSES`.
    """
    figure = new_figure(title, "ε, weight added to the point's loss", "θ", height=540)
    for curves in panels.values():
        for name, values in curves.items():
            colour, dash, width = RESPONSES[name]
            figure.add_scatter(x=epsilon, y=values, mode="lines", name=name, line={"color": colour, "dash": dash})
            figure.data[-1].line.width = width
    slider(figure, list(panels), "θˢ ", each=len(RESPONSES))
    figure.update_layout(margin={"t": 130})  # two lines of title, two of legend
    figure.update_yaxes(range=[-1.6, 1.6])
    return figure


RESPONSES = {
    "refit, global minimum": (OKABE_ITO["orange"], "dot", 3),
    "refit, minimum nearby": (OKABE_ITO["blue"], "solid", 2.5),
    "its tangent −H⁻¹g": (OKABE_ITO["blue"], "dash", 1.5),
    "proximal Bregman response": (OKABE_ITO["vermillion"], "solid", 2.5),
    "its tangent −(G + λ)⁻¹g": (OKABE_ITO["vermillion"], "dash", 1.5),
}


def noise_scatter(title: str, effect: Array, noise: Array) -> go.Figure:
    """Spread over seeds against the size of the mean effect, both logarithmic, with the line where they are equal.

    Args:
        title: the finding.
        effect: |mean| over seeds, nats, shape (pairs,).
        noise: standard deviation over seeds, nats, shape (pairs,).
    """
    figure = new_figure(
        title, "|mean effect| (nats)", "standard deviation over seeds (nats)", log_x=True, log_y=True, height=480
    )
    ends = [float(min(effect.min(), noise.min())), float(max(effect.max(), noise.max()))]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": GREY, "dash": "dot"}, name="noise as large as effect"
    )
    figure.add_scatter(
        x=effect,
        y=noise,
        mode="markers",
        marker={"color": OKABE_ITO["blue"], "size": 4, "opacity": 0.5},
        name="a training and a test point",
        hovertemplate="effect %{x:.2g}, noise %{y:.2g}<extra></extra>",
    )
    return figure
