"""The figures of page 10_token_influence."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from influence_lab.figures.theme import COLOUR_CYCLE, GREY, SYMBOLS, new_figure
from influence_lab.figures.token_heatmap import ScoredText

Array = np.ndarray


def adaptation(title: str, history: pd.DataFrame) -> go.Figure:
    """Loss a token against the epoch, on training and held-out texts."""
    figure = new_figure(title, "epoch", "loss (nats a token)")
    for (split, rows), colour, symbol in zip(history.groupby("split"), COLOUR_CYCLE, SYMBOLS, strict=False):
        style = {"color": colour, "symbol": symbol, "size": 9}
        figure.add_scatter(x=rows["epoch"], y=rows["loss"], mode="lines+markers", name=str(split), marker=style)
    return figure


def against(title: str, predicted: Array, measured: Array, names: Sequence[str], sized: bool) -> go.Figure:
    """Measured against predicted effects.

    Args:
        title: says the finding.
        predicted: I/n, shape (k,).
        measured: nats, shape (k,).
        names: of the pairs, shown under the pointer.
        sized: whether the size of a prediction counts, not only the order: then it is in nats, and the line through 0
            of slope 1 is drawn within the measured range.
    """
    figure = new_figure(title, f"predicted, I/n ({'nats' if sized else 'order only'})", "measured (nats)")
    if sized:
        reach = np.array([measured.min(), measured.max()])
        figure.add_scatter(x=reach, y=reach, mode="lines", name="equal", line={"color": GREY, "dash": "dot"})
    marker = {"color": COLOUR_CYCLE[0], "size": 6, "opacity": 0.6}
    figure.add_scatter(x=predicted, y=measured, mode="markers", text=list(names), name="pairs", marker=marker)
    return figure


def layers(title: str, names: Sequence[str], table: pd.DataFrame) -> go.Figure:
    """Share of each layer in the absolute influence."""
    figure = new_figure(title, "share of absolute influence", "", height=60 + 36 * len(names))
    figure.add_bar(x=table["share"], y=list(names), orientation="h", marker={"color": COLOUR_CYCLE[0]})
    return figure


def scored_texts(table: pd.DataFrame, query: int, ids: Sequence[str]) -> list[ScoredText]:
    """The texts of one query in the order of the table, each split with the tokens that it scores.

    The position split scores the token that is read, the loss split the one that comes next; so that both stand under
    the same tokens, the loss of a token is shown at that token.
    """
    found = []
    for text, rows in table[table["query"] == query].groupby("text", sort=False):
        rows = rows.sort_values("place")
        tokens = [*rows["token"], rows["next_token"].iloc[-1]]
        scores = {
            "by position": [*rows["position_score"], 0.0],
            "by loss token": [0.0, *rows["loss_score"]],
        }
        found.append(ScoredText(f"{ids[int(text)]}, influence {rows['score'].iloc[0]:+.3g}", tokens, scores))
    return found
