"""Figures of page 07_head_influence."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from influence_lab.attributions.head_influence import Ends
from influence_lab.figures.picture_sheets import Sheet
from influence_lab.figures.pictures import add_pictures, hover_texts
from influence_lab.figures.slider import slider
from influence_lab.figures.theme import COLOUR_CYCLE, GREY, SYMBOLS, new_figure

Array = np.ndarray
Shown = tuple[Array, Mapping[str, Array]]  # pictures, and what the model makes of each


def picture_grids(
    title: str, images: Array, grids: Mapping[str, tuple[Array, Sequence[str]]], columns: int
) -> go.Figure:
    """Grids of pictures with hover texts; where there are several, a slider chooses one.

    Args:
        title: the finding.
        images: all of them, uint8, shape (n, 32, 32, 3).
        grids: by the slider's label the indices of the images and their hover texts, the same number in each.
        columns: pictures in a row.
    """
    most = max(len(chosen) for chosen, _ in grids.values())
    figure = new_figure(title, "", "", height=130 + 75 * -(-most // columns))
    for chosen, hover in grids.values():
        add_pictures(figure, images[chosen], hover, columns)
    if len(grids) > 1:
        slider(figure, list(grids), "")
        _slide_pictures(figure)
    return figure


def helpful_sheets(train: Shown, test: Shown, ends: Ends, classes: Sequence[str]) -> list[Sheet]:
    """One sheet a test image: it and the training images that help it most, and it and those that harm it most.

    Args:
        train: all training images, and what `hover_texts` needs of them.
        test: the test images of `ends`, and their `labels`, `predictions` and `losses`.
        ends: the most influential training images.
        classes: names.
    """
    (pictures, known), (tested, of_test) = train, test
    sheets = []
    for i, image in enumerate(tested):
        heading = (
            f"Test image: {classes[of_test['labels'][i]]}, predicted {classes[of_test['predictions'][i]]}, "
            f"loss {of_test['losses'][i]:.2g} nats"
        )
        images, texts = [], []
        for chosen, K in ((ends.helpful[i], ends.help[i]), (ends.harmful[i], ends.harm[i])):
            images += [image[None], pictures[chosen]]
            effects = [f"<br>test loss without it: {value / len(pictures):+.2g} nats" for value in K]
            hover = hover_texts(chosen, classes, known)
            texts += [heading, *(text + effect for text, effect in zip(hover, effects, strict=True))]
        sheets.append(Sheet(str(i + 1), heading, np.concatenate(images), texts))
    return sheets


def _slide_pictures(figure: go.Figure) -> None:
    """Let the slider show the sheet of pictures that belongs to its trace."""
    sheets = list(figure.layout.images)
    for number, step in enumerate(figure.layout.sliders[0].steps):
        shown = {f"images[{index}].visible": index == number for index in range(len(sheets))}
        step.method, step.args = "update", [step.args[0], shown]
    for index, one in enumerate(sheets):
        one.visible = index == 0


def training_curves(title: str, curves: Mapping[str, tuple[Array, Array]]) -> go.Figure:
    """Accuracy on the training images while the weights still move (dashed) and on the test images (solid), by epoch.

    Args:
        title: the finding.
        curves: by model the two, each of shape (epochs,).
    """
    figure = new_figure(title, "epoch", "accuracy", height=440)
    for number, (name, (running, test)) in enumerate(curves.items()):
        epochs = np.arange(1, len(test) + 1)
        colour, symbol = COLOUR_CYCLE[number % len(COLOUR_CYCLE)], SYMBOLS[number % len(SYMBOLS)]
        for values, text, dash in ((test, f"{name}, test", "solid"), (running, f"{name}, training", "dash")):
            figure.add_scatter(
                x=epochs,
                y=values,
                mode="lines+markers",
                line={"color": colour, "dash": dash},
                marker={"symbol": symbol, "size": 8},
                name=text,
                hovertemplate=f"{text}, epoch %{{x}}: %{{y:.3f}}<extra></extra>",
            )
    figure.update_xaxes(dtick=max(1, max(len(test) for _, test in curves.values()) // 10))
    return figure


def spectra(title: str, eigenvalues: Mapping[str, Array], ranks: Mapping[str, int]) -> go.Figure:
    """Eigenvalues over the largest, in decreasing order; a dotted line where each rank ends.

    Args:
        title: the finding.
        eigenvalues: by model, shape (p,), decreasing.
        ranks: by model.
    """
    figure = new_figure(title, "number of the eigenvalue", "eigenvalue over the largest", log_y=True, height=440)
    for number, (name, values) in enumerate(eigenvalues.items()):
        colour = COLOUR_CYCLE[number % len(COLOUR_CYCLE)]
        relative = np.maximum(np.abs(values / values[0]), 1e-20)
        every = np.unique(np.linspace(0, len(values) - 1, min(len(values), 400)).astype(int))
        figure.add_scatter(
            x=every + 1,
            y=relative[every],
            mode="lines",
            line={"color": colour},
            name=f"{name}: rank {ranks[name]}",
            hovertemplate=f"{name}, number %{{x}}: %{{y:.1e}}<extra></extra>",
        )
        figure.add_vline(x=ranks[name], line={"dash": "dot", "color": colour, "width": 1})
    figure.update_yaxes(dtick=4, range=[-20, 0.5])
    return figure


def by_share(
    title: str, y_title: str, panels: Mapping[str, Mapping[str, pd.DataFrame]], line: float = 1.0
) -> go.Figure:
    """A measure against the share of the largest eigenvalue, one panel below the other, one line a name.

    Args:
        title: the finding.
        y_title: axis title with unit.
        panels: by panel title and name a table with the columns share, mean and half.
        line: a level to draw.
    """
    base = new_figure(title, "", y_title, height=160 + 240 * len(panels))
    figure = make_subplots(
        rows=len(panels), cols=1, subplot_titles=list(panels), shared_xaxes=True, vertical_spacing=0.5 / 4 / len(panels)
    )
    figure.update_layout(base.layout)
    for row, lines in enumerate(panels.values(), start=1):
        for number, (name, table) in enumerate(lines.items()):
            figure.add_scatter(
                x=table["share"],
                y=table["mean"],
                error_y={"array": table["half"], "thickness": 1.5, "width": 4},
                mode="lines+markers",
                line={"color": COLOUR_CYCLE[number % len(COLOUR_CYCLE)]},
                marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
                name=name,
                legendgroup=name,
                showlegend=row == 1,
                hovertemplate=f"{name}, %{{x:.0e}}: %{{y:.4f}} ± %{{error_y.array:.4f}}<extra></extra>",
                row=row,
                col=1,
            )
        figure.add_hline(y=line, line={"dash": "dot", "color": GREY}, row=row, col=1)
    figure.update_xaxes(type="log", exponentformat="power", dtick=2, gridcolor="rgba(128,128,128,0.25)")
    figure.update_xaxes(title="share of the largest eigenvalue", row=len(panels), col=1)
    figure.update_yaxes(title=y_title, gridcolor="rgba(128,128,128,0.25)")
    figure.update_layout(legend_y=-80 / figure.layout.height)
    return figure


def solver_times(title: str, seconds: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Seconds of one solve against the number of parameters, both logarithmic.

    Args:
        title: the finding.
        seconds: by method a table with the columns parameters and seconds.
    """
    figure = new_figure(title, "parameters of the head", "seconds for one solve", log_x=True, log_y=True, height=440)
    for number, (name, table) in enumerate(seconds.items()):
        table = table.sort_values("parameters")
        figure.add_scatter(
            x=table["parameters"],
            y=table["seconds"],
            mode="lines+markers",
            marker={"symbol": SYMBOLS[number], "size": 9},
            name=name,
            hovertemplate=f"{name}, %{{x:,}} parameters: %{{y:.2g}} s<extra></extra>",
        )
    return figure


def by_model(title: str, y_title: str, tables: Mapping[str, pd.DataFrame], line: float) -> go.Figure:
    """Means with 95 % intervals, models side by side, one colour and symbol a score.

    Args:
        title: the finding.
        y_title: axis title with unit.
        tables: by score a table with the columns model, mean and half.
        line: a level to draw.
    """
    figure = new_figure(title, "", y_title, height=440)
    for number, (name, table) in enumerate(tables.items()):
        figure.add_scatter(
            x=np.arange(len(table)) + 0.15 * (number - (len(tables) - 1) / 2),
            y=table["mean"],
            error_y={"array": table["half"], "thickness": 2, "width": 5},
            mode="markers",
            marker={"symbol": SYMBOLS[number], "size": 9},
            name=name,
            hovertemplate=f"{name}: %{{y:.3f}} ± %{{error_y.array:.3f}}<extra></extra>",
        )
    names = next(iter(tables.values()))["model"]
    figure.update_xaxes(tickvals=np.arange(len(names)), ticktext=list(names), showgrid=False, zeroline=False)
    figure.update_xaxes(range=[-0.5, len(names) - 0.5])
    figure.add_hline(y=line, line={"dash": "dot", "color": GREY})
    return figure
