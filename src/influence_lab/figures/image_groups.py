"""Figures of page 07_image_groups."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.figures.pictures import add_pictures
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import COLOUR_CYCLE, GREY, SYMBOLS, new_figure

Array = np.ndarray

ACROSS = 2  # panels side by side: more would be too small on a phone
PANEL = 350  # height of a panel with its heading, pixels
QUALITY = 90  # of the pictures' compression


class Panel(NamedTuple):
    """One group as pictures.

    Attributes:
        heading: what grew it and what came out; `<br>` breaks lines.
        images: uint8, shape (size, 32, 32, 3).
        hover: one text an image.
    """

    heading: str
    images: Array
    hover: Sequence[str]


def group_pictures(title: str, groups: Mapping[str, Sequence[Panel]], prefix: str) -> go.Figure:
    """Panels of pictures, two in a row; a slider below chooses the seed image where there are several.

    Args:
        title: the finding.
        groups: by the slider's label the panels, as many for each label.
        prefix: text before the label.
    """
    count = len(next(iter(groups.values())))
    rows = -(-count // ACROSS)
    across = min(ACROSS, count)
    figure = make_subplots(
        rows, across, subplot_titles=[" "] * count, horizontal_spacing=0.04, vertical_spacing=0.22 / rows
    )
    figure.update_layout(new_figure(title, "", "", height=120 + PANEL * rows).layout)
    figure.update_layout(margin={"l": 28, "r": 28, "t": 110 + 20 * title.count("<br>")})
    for panels in groups.values():
        for place, panel in enumerate(panels):
            columns = int(np.ceil(np.sqrt(len(panel.images))))
            spot = {"row": place // across + 1, "col": place % across + 1}
            add_pictures(figure, panel.images, panel.hover, columns, quality=QUALITY, **spot)
    figure.update_annotations(font_size=12, yanchor="bottom")
    _show_one(figure, list(groups.values()), 0)
    if len(groups) > 1:
        slider(figure, list(groups), prefix, each=count)
        for position, step in enumerate(figure.layout.sliders[0].steps):
            step.method = "update"
            step.args = [*step.args, _layout_of(list(groups.values()), position)]
    return figure


def _layout_of(groups: list[Sequence[Panel]], shown: int) -> dict[str, bool | str]:
    """What the layout changes to for one seed image: which pictures are seen, and the panels' headings."""
    count = len(groups[0])
    change = {f"images[{index}].visible": index // count == shown for index in range(count * len(groups))}
    return change | {f"annotations[{place}].text": panel.heading for place, panel in enumerate(groups[shown])}


def _show_one(figure: go.Figure, groups: list[Sequence[Panel]], shown: int) -> None:
    count = len(groups[0])
    for index, picture in enumerate(figure.layout.images):
        picture.visible = index // count == shown
    for place, panel in enumerate(groups[shown]):
        figure.layout.annotations[place].text = panel.heading


def growth(title: str, curves: Mapping[str, pd.DataFrame], first: int) -> go.Figure:
    """Influence per member against size, both logarithmic, with its interval, beside a line of slope 1.

    Args:
        title: the finding.
        curves: by name columns size, mean, low, high.
        first: smallest size in the fit of the exponent, drawn as a line.
    """
    figure = new_figure(
        title, "size of the group, images", "influence per member, K(G, G) / #G", log_x=True, log_y=True, height=480
    )
    for number, (name, curve) in enumerate(curves.items()):
        figure.add_scatter(
            x=curve["size"],
            y=curve["mean"],
            error_y={
                "array": curve["high"] - curve["mean"],
                "arrayminus": curve["mean"] - curve["low"],
                "thickness": 1,
                "width": 2,
            },
            mode="lines+markers",
            marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 6},
            name=name,
            hovertemplate=f"{name}, %{{x}} images: %{{y:.3g}}<extra></extra>",
        )
    sizes = next(iter(curves.values()))["size"]
    start = min(curve["mean"][curve["size"] == first].iloc[0] for curve in curves.values()) / first
    figure.add_scatter(
        x=sizes,
        y=start * sizes,
        mode="lines",
        line={"color": GREY, "dash": "dash"},
        name="equal gradients: slope 1",
        hoverinfo="skip",
    )
    figure.add_vline(x=first, line={"dash": "dot", "color": GREY})
    figure.update_xaxes(dtick=None, tickvals=[1, 2, 5, 10, 25, 50, 100])
    return figure


def measures(
    title: str,
    panels: Mapping[str, Mapping[str, pd.DataFrame]],
    lines: Mapping[str, float],
    axes: Mapping[str, str],
) -> go.Figure:
    """Means with 95 % intervals by kind of group, a colour and symbol a trained model; a slider chooses the measure.

    Args:
        title: the finding.
        panels: by the slider's label, by the trained model's name: columns method, mean, half.
        lines: by the slider's label, the level to draw (chance, or that of random groups).
        axes: by the slider's label, the axis title.
    """
    figure = new_figure(title, next(iter(axes.values())), "", height=600)
    for label, tables in panels.items():
        methods = next(iter(tables.values()))["method"].tolist()
        for number, (name, table) in enumerate(tables.items()):
            figure.add_scatter(
                x=table["mean"],
                y=[place + 0.16 * (number - (len(tables) - 1) / 2) for place in range(len(table))],
                error_x={"array": table["half"], "thickness": 2, "width": 4},
                mode="markers",
                marker={"color": COLOUR_CYCLE[number % 7], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
                name=name,
                text=table["method"],
                hovertemplate=f"{name}, %{{text}}: %{{x:.3f}} ± %{{error_x.array:.3f}}<extra></extra>",
            )
        figure.add_scatter(
            x=[lines[label]] * 2,
            y=[-0.5, len(methods) - 0.5],
            mode="lines",
            line={"color": GREY, "dash": "dot"},
            showlegend=False,
            hoverinfo="skip",
        )
    figure.update_yaxes(
        tickvals=list(range(len(methods))),
        ticktext=[method.replace(", ", "<br>", 1) for method in methods],
        range=[len(methods) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    slider(figure, list(panels), "", each=1 + len(next(iter(panels.values()))))
    figure.layout.sliders[0].pad.t = 76  # below the axis title
    for step, label in zip(figure.layout.sliders[0].steps, panels, strict=True):
        step.method = "update"
        step.args = [*step.args, {"xaxis.title.text": axes[label]}]
    return figure


def overlap(title: str, series: Mapping[str, pd.DataFrame], chance: float) -> go.Figure:
    """Overlaps with 95 % intervals, comparisons below each other, a colour and symbol a kind of group.

    Args:
        title: the finding.
        series: by kind of group: columns comparison, mean, half; some may lack comparisons that another has.
        chance: overlap of two random groups, drawn as a line.
    """
    comparisons = max((table["comparison"].tolist() for table in series.values()), key=len)
    figure = new_figure(title, "overlap (Jaccard) of two groups", "", height=140 + 62 * len(comparisons))
    for number, (name, table) in enumerate(series.items()):
        shift = 0.2 * (number - (len(series) - 1) / 2)
        figure.add_scatter(
            x=table["mean"],
            y=[comparisons.index(comparison) + shift for comparison in table["comparison"]],
            error_x={"array": table["half"], "thickness": 2, "width": 4},
            mode="markers",
            marker={"color": COLOUR_CYCLE[number], "symbol": SYMBOLS[number], "size": 8},
            name=name,
            text=table["comparison"],
            hovertemplate=f"{name}, %{{text}}: %{{x:.3f}} ± %{{error_x.array:.3f}}<extra></extra>",
        )
    figure.update_yaxes(
        tickvals=list(range(len(comparisons))),
        ticktext=[text.replace(", ", ",<br>") for text in comparisons],
        range=[len(comparisons) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.add_vline(x=chance, line={"dash": "dot", "color": GREY})
    return figure
