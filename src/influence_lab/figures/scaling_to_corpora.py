"""Figures of page 11_scaling_to_corpora."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.evaluations.extrapolation import Line
from influence_lab.evaluations.slopes import Slope
from influence_lab.figures.theme import COLOUR_CYCLE, GREY, SYMBOLS, new_figure

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def recall_curves(title: str, curves: pd.DataFrame, names: dict[str, str], share: float) -> go.Figure:
    """Recall of each filter against the share of the corpus that it keeps, with intervals over queries.

    Args:
        title: the finding.
        curves: columns filter, share, mean, half.
        names: of the filters drawn, as a reader sees them.
        share: at which the verdict is given.
    """
    figure = new_figure(
        title, "share of the corpus kept", "recall of the most influential texts", log_x=True, height=480
    )
    for number, (key, name) in enumerate(names.items()):
        rows = curves[curves["filter"] == key]
        figure.add_scatter(
            x=rows["share"],
            y=rows["mean"],
            error_y={"array": rows["half"], "thickness": 1, "width": 2},
            mode="lines+markers",
            name=name,
            line={"color": COLOUR_CYCLE[number], "dash": DASHES[number % len(DASHES)]},
            marker={"symbol": SYMBOLS[number], "size": 7},
            hovertemplate=name + ": %{x:.3f} of the texts hold %{y:.2f} of the top<extra></extra>",
        )
    line = np.geomspace(curves["share"].min(), 1, 50)
    figure.add_scatter(x=line, y=line, mode="lines", name="by chance", line={"color": GREY, "dash": "dot"})
    figure.add_vline(x=share, line={"dash": "dot", "color": GREY})
    figure.update_yaxes(range=[0, 1.08])
    return figure


def rank_agreement(title: str, table: pd.DataFrame) -> go.Figure:
    """Disagreement of low-rank scores with the full ones, one minus the correlation, against the rank.

    Args:
        title: the finding.
        table: columns rank, pearson, pearson_half, spearman, spearman_half.
    """
    figure = new_figure(title, "rank of each layer's query gradient", "1 − correlation with full rank", log_y=True)
    for number, name in enumerate(("pearson", "spearman")):
        gap, half = 1 - table[name], table[f"{name}_half"]
        figure.add_scatter(
            x=table["rank"],
            y=gap,
            error_y={"array": half, "arrayminus": np.minimum(half, 0.9 * gap), "thickness": 1, "width": 2},
            mode="lines+markers",
            name=name.capitalize(),
            line={"color": COLOUR_CYCLE[number], "dash": DASHES[number]},
            marker={"symbol": SYMBOLS[number], "size": 8},
            hovertemplate="rank %{x}: 1 − r = %{y:.2g}<extra></extra>",
        )
    figure.update_xaxes(type="log", tickvals=table["rank"].tolist())
    return figure


def rank_price(title: str, table: pd.DataFrame) -> go.Figure:
    """Memory and time of a query's gradient against its rank, as shares of the full matrix's.

    Args:
        title: the finding.
        table: columns rank, memory and time (shares).
    """
    figure = new_figure(title, "rank", "share of the full matrix's", log_x=True, log_y=True)
    for number, (name, label) in enumerate((("memory", "memory"), ("time", "time of the inner products"))):
        figure.add_scatter(
            x=table["rank"],
            y=table[name],
            mode="lines+markers",
            name=label,
            line={"color": COLOUR_CYCLE[number], "dash": DASHES[number]},
            marker={"symbol": SYMBOLS[number], "size": 8},
            hovertemplate="rank %{x}: %{y:.3f}<extra>" + label + "</extra>",
        )
    figure.add_hline(y=1, line={"dash": "dot", "color": GREY})
    figure.update_xaxes(dtick=None, tickvals=table["rank"].tolist())
    return figure


def corpus_growth(title: str, table: pd.DataFrame, lines: dict[str, Line]) -> go.Figure:
    """Processor time of each stage against the tokens of the corpus, with the straight line through it.

    Args:
        title: the finding.
        table: columns tokens, stage, seconds.
        lines: by stage.
    """
    figure = new_figure(title, "tokens of the corpus", "seconds of processor time")
    ends = np.array([0, table["tokens"].max()])
    for number, (stage, line) in enumerate(lines.items()):
        _stage(figure, table[table["stage"] == stage], "tokens", stage, number)
        figure.add_scatter(
            x=ends,
            y=line.start + line.rate * ends,
            mode="lines",
            line={"color": COLOUR_CYCLE[number], "dash": DASHES[number]},
            showlegend=False,
            hoverinfo="skip",
        )
    return figure


def model_growth(title: str, table: pd.DataFrame, slopes: dict[str, Slope]) -> go.Figure:
    """Processor time of each stage, less what starting takes, against the attributed weights, with power laws.

    Args:
        title: the finding.
        table: columns weights, stage, seconds.
        slopes: by stage.
    """
    figure = new_figure(title, "attributed weights", "seconds of processor time", log_x=True, log_y=True)
    ends = np.array([table["weights"].min(), table["weights"].max()])
    for number, (stage, slope) in enumerate(slopes.items()):
        _stage(figure, table[table["stage"] == stage], "weights", stage, number)
        figure.add_scatter(
            x=ends,
            y=slope.line(ends),
            mode="lines",
            line={"color": COLOUR_CYCLE[number], "dash": DASHES[number]},
            showlegend=False,
            hoverinfo="skip",
        )
    return figure


def _stage(figure: go.Figure, rows: pd.DataFrame, x: str, stage: str, number: int) -> None:
    figure.add_scatter(
        x=rows[x],
        y=rows["seconds"],
        mode="markers",
        name=stage,
        marker={"symbol": SYMBOLS[number], "size": 8, "color": COLOUR_CYCLE[number]},
        hovertemplate="%{x:.3g}: %{y:.3g} s<extra>" + stage + "</extra>",
    )
