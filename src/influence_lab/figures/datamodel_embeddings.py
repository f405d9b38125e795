"""Figures of page 06_datamodels_trak: datamodels as embeddings."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.datamodels_trak import STYLES
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import GREY, OKABE_ITO, new_figure

Array = np.ndarray


def planes(title: str, panels: Sequence[tuple[str, Array, Array]], labels: Array) -> go.Figure:
    """The report's Figure 10: targets in the planes of components (1, 2) and (3, 4); a slider over panels.

    Args:
        title: the finding.
        panels: name, scores of shape (targets, 4), and each component's share of the variance.
        labels: cluster of each target, 0 left and 1 right.
    """
    figure = make_subplots(cols=2, horizontal_spacing=0.14)
    frame = new_figure(title, "", "", height=500).layout.to_plotly_json()
    figure.update_layout({name: value for name, value in frame.items() if name not in ("xaxis", "yaxis")})
    for _, scores, _ in panels:
        scaled = scores / np.maximum(scores.std(axis=0), np.finfo(float).tiny)
        for column in (0, 1):
            for cluster, (text, colour, symbol) in enumerate(
                (("left disc", "blue", "circle"), ("right disc", "vermillion", "square"))
            ):
                chosen = scaled[labels == cluster][:, 2 * column : 2 * column + 2]
                figure.add_scatter(
                    x=chosen[:, 0],
                    y=chosen[:, 1],
                    mode="markers",
                    marker={"color": OKABE_ITO[colour], "symbol": symbol, "size": 7, "opacity": 0.8},
                    name=text,
                    showlegend=column == 0,
                    row=1,
                    col=column + 1,
                )
    for column, (x_title, y_title) in enumerate((("component 1", "component 2"), ("component 3", "component 4")), 1):
        axis = {"gridcolor": "rgba(128,128,128,0.25)", "zerolinecolor": "rgba(128,128,128,0.5)", "automargin": True}
        figure.update_xaxes(title=f"{x_title} (SD)", col=column, **axis)
        figure.update_yaxes(title=f"{y_title} (SD)", col=column, **axis)
    slider(figure, [name for name, _, _ in panels], "", each=4)
    return figure


def separation(title: str, table: pd.DataFrame, limits: Mapping[str, tuple[float, float]], bound: float) -> go.Figure:
    """Balanced accuracy of telling the clusters apart against the number of subsets; a slider over α.

    Args:
        title: the finding.
        table: columns `alpha`, `kind`, `size`, `mean`, `half`.
        limits: by legend text the value and half-width in the limit of many subsets, drawn as lines.
        bound: of the claim, drawn as a line.
    """
    figure = new_figure(title, "subsets k (one training each)", "balanced accuracy", log_x=True, height=500)
    alphas = list(table["alpha"].unique())
    for alpha in alphas:
        for kind, text in (("retraining", "trained again"), ("influence", "influence, same LASSO")):
            rows = table[(table["alpha"] == alpha) & (table["kind"] == kind)]
            colour, symbol = STYLES[kind]
            figure.add_scatter(
                x=rows["size"],
                y=rows["mean"],
                error_y={"array": rows["half"], "thickness": 1.5, "width": 4},
                mode="lines+markers",
                line={"color": OKABE_ITO[colour]},
                marker={"symbol": symbol, "size": 8},
                name=text,
            )
    for name, (value, _) in limits.items():
        figure.add_hline(y=value, line={"dash": "dash", "color": OKABE_ITO["vermillion"]}, annotation_text=name)
    figure.add_hline(y=bound, line={"dash": "dot", "color": GREY}, annotation_text="the claim's bound")
    slider(figure, [f"α = {alpha}" for alpha in alphas], "", each=2)
    figure.update_xaxes(dtick=None, exponentformat="none")
    figure.update_yaxes(range=[0.3, 1.08])
    return figure


def angles(title: str, groups: Mapping[str, Array], chance: Array) -> go.Figure:
    """Principal angles between pairs of subspaces, and those of random ones as a band.

    Args:
        title: the finding.
        groups: by legend text the angles in degrees, shape (c,).
        chance: of random subspaces, shape (draws, c).
    """
    figure = new_figure(title, "principal angle, smallest first", "degrees", height=420)
    places = np.arange(1, chance.shape[1] + 1)
    low, high = np.percentile(chance, [2.5, 97.5], axis=0)
    figure.add_scatter(
        x=np.concatenate([places, places[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor="rgba(128,128,128,0.35)",
        name="random subspaces, 95 %",
        hoverinfo="skip",
    )
    for (name, values), symbol in zip(groups.items(), ("circle", "square", "diamond", "cross"), strict=False):
        figure.add_scatter(x=places, y=values, mode="lines+markers", marker={"symbol": symbol, "size": 9}, name=name)
    figure.update_xaxes(tickvals=places)
    figure.update_yaxes(range=[0, 95])
    return figure
