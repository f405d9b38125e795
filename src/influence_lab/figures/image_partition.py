"""Figures of page 07_image_partition."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.attributions.image_embeddings import KINDS
from influence_lab.figures.theme import GREY, OKABE_ITO, SYMBOLS, new_figure

Array = np.ndarray
COLOURS = ("blue", "vermillion", "green", "orange", "purple", "sky")
PLACES = {KINDS[kind]: place for place, kind in enumerate(("cosine", "raw", "features"))}  # the same colours throughout


def objective_curves(
    title: str, curves: Mapping[str, pd.DataFrame], marks: Mapping[str, tuple[float, float]]
) -> go.Figure:
    """Share of the upper bound that partitions reach, by the number of groups, both axes logarithmic.

    Args:
        title: the finding.
        curves: by legend text a table with the columns k, mean and half (NaN without an interval).
        marks: by legend text one partition: its number of groups and its share.
    """
    figure = new_figure(
        title, "number of groups k", "ΣK(G, G)/#G, share of its bound", log_x=True, log_y=True, height=460
    )
    for number, (name, table) in enumerate(curves.items()):
        figure.add_scatter(
            x=table["k"],
            y=table["mean"],
            error_y={"array": table["half"].fillna(0), "thickness": 2},
            mode="lines+markers",
            name=name,
            line={"color": OKABE_ITO[COLOURS[number % len(COLOURS)]]},
            marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
            hovertemplate=f"{name}, k = %{{x}}: %{{y:.3g}}<extra></extra>",
        )
    for number, (name, (count, share)) in enumerate(marks.items()):
        figure.add_scatter(
            x=[count],
            y=[share],
            mode="markers",
            name=name,
            marker={"symbol": SYMBOLS[::-1][number], "size": 12, "color": GREY},
            hovertemplate=f"{name}: %{{y:.3g}}<extra></extra>",
        )
    return figure


def group_sizes(title: str, sizes: Mapping[str, Array]) -> go.Figure:
    """Sizes of the groups of partitions, the largest first, on a logarithmic axis.

    Args:
        title: the finding.
        sizes: by the name of the embedding, images in each group.
    """
    figure = new_figure(title, "groups, the largest first", "images in the group", log_y=True, height=420)
    for name, values in sizes.items():
        number = PLACES[name]
        figure.add_scatter(
            x=np.arange(1, len(values) + 1),
            y=np.sort(values)[::-1],
            mode="lines+markers",
            name=name,
            line={"color": OKABE_ITO[COLOURS[number]]},
            marker={"symbol": SYMBOLS[number], "size": 5},
            hovertemplate=f"{name}: %{{y}} images<extra></extra>",
        )
    return figure


def agreements(title: str, x_title: str, rows: Mapping[str, Mapping[str, tuple[float, float]]]) -> go.Figure:
    """Means with intervals of several partitions, what they are compared with one below the other.

    Args:
        title: the finding.
        x_title: axis title.
        rows: by the name of the partition's embedding, by name of what it is compared with: mean and half-width.
    """
    names = list(next(iter(rows.values())))
    figure = new_figure(title, x_title, "", height=170 + 42 * len(names))
    places = np.arange(len(names))
    for number, (text, values) in enumerate(rows.items()):
        figure.add_scatter(
            x=[values[name][0] for name in names],
            y=places + 0.2 * (number - (len(rows) - 1) / 2),
            error_x={"array": [values[name][1] for name in names], "thickness": 2, "width": 4},
            mode="markers",
            name=text,
            marker={"color": OKABE_ITO[COLOURS[PLACES[text]]], "symbol": SYMBOLS[PLACES[text]], "size": 9},
            hovertemplate=f"{text}: %{{x:.3f}} ± %{{error_x.array:.3f}}<extra></extra>",
        )
    figure.update_yaxes(tickvals=places, ticktext=names, range=[len(names) - 0.5, -0.5], showgrid=False, zeroline=False)
    figure.update_xaxes(rangemode="tozero")
    return figure


def removals(title: str, table: pd.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """Measured rise of a group's own losses against the predicted one, logarithmic, with the line of equality.

    Args:
        title: the finding.
        table: columns kind, size, predicted and measured.
        names: legend text by kind.
    """
    figure = new_figure(
        title, "predicted rise, K(G, G)/n (nats)", "measured rise (nats)", log_x=True, log_y=True, height=460
    )
    for number, (kind, name) in enumerate(names.items()):
        rows = table[table["kind"] == kind]
        figure.add_scatter(
            x=rows["predicted"],
            y=rows["measured"],
            mode="markers",
            name=name,
            text=[f"{size} images" for size in rows["size"]],
            marker={"color": OKABE_ITO[COLOURS[number]], "symbol": SYMBOLS[number], "size": 9},
            hovertemplate=f"{name}, %{{text}}<br>predicted %{{x:.3g}}, measured %{{y:.3g}}<extra></extra>",
        )
    ends = [table["predicted"].min(), table["predicted"].max()]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"dash": "dot", "color": GREY}, name="equal", hoverinfo="skip"
    )
    return figure


def shares_by_component(title: str, shares: Mapping[str, Sequence[float]]) -> go.Figure:
    """What explains each leading component: grouped bars.

    Args:
        title: the finding.
        shares: by legend text, the share of each component's variance.
    """
    figure = new_figure(title, "principal component", "share of its variance explained", height=420)
    for number, (name, values) in enumerate(shares.items()):
        figure.add_bar(
            x=np.arange(1, len(values) + 1),
            y=list(values),
            name=name,
            marker={"color": OKABE_ITO[COLOURS[number]]},
            hovertemplate=f"{name}, component %{{x}}: %{{y:.2f}}<extra></extra>",
        )
    figure.update_layout(barmode="group")
    figure.update_xaxes(dtick=1)
    figure.update_yaxes(range=[0, 1])
    return figure
