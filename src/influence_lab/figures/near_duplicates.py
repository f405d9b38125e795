"""Figures of page 08_near_duplicates."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.data.near_duplicates import Pairs
from influence_lab.figures.pictures import add_pictures
from influence_lab.figures.theme import GREY, OKABE_ITO, SYMBOLS, new_figure

Array = np.ndarray


def threshold_curve(title: str, pairs: Array, decoys: Array, weight: float, threshold: float) -> go.Figure:
    """How many pairs have edges that correlate above each level, and how many of them chance explains.

    Args:
        title: the finding.
        pairs: correlations of edges, of pairs whose colours pass.
        decoys: the same of pairs with an image upside down.
        weight: comparisons among the images for each comparison with one upside down.
        threshold: of the rule.
    """
    figure = new_figure(title, "least correlation of the edges", "pairs of images", log_y=True, height=420)
    levels = np.round(np.arange(0.3, 0.951, 0.01), 2)
    for name, values, factor, colour, dash in (
        ("training images", pairs, 1.0, "blue", "solid"),
        ("with one upside down, scaled to as many comparisons", decoys, weight, "vermillion", "dash"),
    ):
        counts = np.array([(values >= level).sum() for level in levels]) * factor
        figure.add_scatter(
            x=levels[counts > 0],
            y=counts[counts > 0],
            mode="lines",
            line={"color": OKABE_ITO[colour], "dash": dash, "width": 3},
            name=name,
            hovertemplate="above %{x:.2f}: %{y:.4g} pairs<extra></extra>",
        )
    figure.add_vline(x=threshold, line={"dash": "dot", "color": GREY})
    return figure


def pair_sheet(title: str, images: Array, pairs: Pairs, hover: Sequence[str], columns: int = 10) -> go.Figure:
    """Pairs of images, the second below the first and mirrored back where it is a mirror image.

    Args:
        title: the finding.
        images: of the whole set, uint8.
        pairs: to be shown.
        hover: one text a pair.
        columns: pairs side by side.
    """
    figure, shown, texts = new_figure(title, "", ""), [], []
    count = len(pairs.first)
    for start in range(0, count, columns):
        block = range(start, min(start + columns, count))
        blank = [np.zeros_like(images[0])] * (columns - len(block) if count > columns else 0)
        shown += [images[pairs.first[k]] for k in block] + blank
        shown += [images[pairs.second[k]][:, :: -1 if pairs.mirrored[k] else 1] for k in block] + blank
        texts += 2 * ([hover[k] for k in block] + [""] * len(blank))
    columns = min(columns, count)
    add_pictures(figure, np.stack(shown), texts, columns)
    figure.update_layout(height=100 + 70 * -(-len(shown) // columns), margin={"l": 4, "r": 4, "b": 8})
    return figure


def group_sheets(
    title: str, images: Array, groups: Mapping[str, Array], hover: Mapping[str, Sequence[str]]
) -> go.Figure:
    """Groups of images, two beside each other, each with its name above.

    Args:
        title: the finding.
        images: of the whole set, uint8.
        groups: by the text above it, indices in order.
        hover: by the same, one text an image.
    """
    columns, rows = 7, -(-len(groups) // 2)
    figure = make_subplots(
        rows=rows, cols=2, subplot_titles=list(groups), horizontal_spacing=0.04, vertical_spacing=0.1
    )
    figure.update_layout(new_figure(title, "", "", height=140 + 230 * rows).layout)
    for number, (name, members) in enumerate(groups.items()):
        place = {"row": number // 2 + 1, "col": number % 2 + 1}
        add_pictures(figure, images[members], hover[name], columns, **place)
    figure.update_layout(margin={"l": 4, "r": 4, "b": 8, "t": 110})
    return figure


def recalls(title: str, table: pd.DataFrame, methods: Mapping[str, str], runs: Mapping[tuple, str]) -> go.Figure:
    """Recall of each method, a dot with its 95 % interval for each model and seed.

    Args:
        title: the finding.
        table: columns `model`, `seed`, `method`, `mean` and `half`.
        methods: texts by name, from the top.
        runs: legend texts by (model, seed).
    """
    figure = new_figure(title, "recall among the first 25 images", "", height=140 + 34 * len(methods))
    places = {name: -number for number, name in enumerate(methods)}
    colours = ("black", "blue", "sky", "vermillion", "green", "orange", "purple")
    for number, (run, text) in enumerate(runs.items()):
        rows = table[(table["model"] == run[0]) & (table["seed"] == run[1]) & table["method"].isin(places)]
        colour = GREY if number == 0 else OKABE_ITO[colours[number % len(colours)]]
        figure.add_scatter(
            x=rows["mean"],
            y=rows["method"].map(places) + 0.16 * (number - (len(runs) - 1) / 2),
            error_x={"array": rows["half"], "thickness": 2, "width": 4},
            mode="markers",
            marker={"color": colour, "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 9},
            name=text,
            hovertemplate=f"{text}: %{{x:.3f}} ± %{{error_x.array:.3f}}<extra></extra>",
        )
    figure.update_yaxes(tickvals=list(places.values()), ticktext=list(methods.values()), zeroline=False)
    figure.update_xaxes(range=[-0.03, 1.03], zeroline=False)
    return figure


def overtaken(title: str, table: pd.DataFrame, depth: int) -> go.Figure:
    """How many images raw influence puts before a near-duplicate, against how long the duplicate's own gradient is.

    Args:
        title: the finding.
        table: columns `before`, `longer`, `cosine`, `query` and `duplicate`.
        depth: of the recall, drawn as a line.
    """
    figure = new_figure(
        title,
        "share of all images with a larger self-influence than the near-duplicate",
        "images that raw influence puts before it, plus 1",
        log_y=True,
        height=480,
    )
    figure.add_scatter(
        x=table["longer"],
        y=1 + table["before"],
        mode="markers",
        marker={
            "color": table["cosine"],
            "colorscale": "Viridis",
            "cmin": 0,
            "cmax": 1,
            "size": 7,
            "colorbar": {"title": "cosine", "thickness": 12},
        },
        customdata=table[["query", "duplicate", "cosine"]],
        hovertemplate="%{customdata[0]} and %{customdata[1]}, cosine %{customdata[2]:.2f}: place %{y}<extra></extra>",
        showlegend=False,
    )
    figure.add_hline(y=depth, line={"dash": "dot", "color": GREY})
    return figure


def by_length(title: str, tables: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Recall of several scores against the self-influence of the query, with 95 % intervals.

    Args:
        title: the finding.
        tables: by the score's text, columns `part`, `mean` and `half`.
    """
    figure = new_figure(title, "queries by their self-influence", "recall among the first 25 images", height=420)
    for number, (name, table) in enumerate(tables.items()):
        figure.add_scatter(
            x=np.arange(len(table)) + 0.05 * (number - 1),
            y=table["mean"],
            error_y={"array": table["half"], "thickness": 2, "width": 5},
            mode="lines+markers",
            marker={"symbol": SYMBOLS[number], "size": 9},
            name=name,
            hovertemplate=f"{name}: %{{y:.3f}} ± %{{error_y.array:.3f}}<extra></extra>",
        )
        figure.update_xaxes(tickvals=list(range(len(table))), ticktext=table["part"].tolist(), zeroline=False)
    figure.update_yaxes(range=[0, 1.05])
    figure.update_layout(legend_y=-0.32)
    return figure
