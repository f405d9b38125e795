"""Which texts are split into tokens, and how far the two splits agree; no language model is needed to read it."""

import numpy as np
import pandas as pd

Array = np.ndarray


def extremes(scores: Array, each: int) -> Array:
    """The columns of the largest scores, best first, then those of the smallest, worst last; none twice.

    >>> extremes(np.array([0.0, 3.0, -2.0, 1.0]), 1).tolist()
    [1, 2]
    """
    order = np.argsort(-scores, kind="stable")
    return order if len(order) <= 2 * each else np.concatenate([order[:each], order[-each:]])


def queries_first(queries: pd.DataFrame, most: int) -> list[int]:
    """Rows of the reader's own query and of the first facts, as many as are asked for."""
    kinds = queries["kind"].to_numpy()
    return [*np.flatnonzero(kinds == "own").tolist(), *np.flatnonzero(kinds == "fact").tolist()][:most]


def split_differences(table: pd.DataFrame) -> pd.Series:
    """Relative L2 difference of the two splits of each pair of a query and a text, indexed by both.

    A position is compared with the loss of the token that it predicts: both stand in the same row.
    """
    squares = pd.DataFrame(
        {
            "query": table["query"],
            "text": table["text"],
            "difference": (table["loss_score"] - table["position_score"]) ** 2,
            "size": table["position_score"] ** 2,
        }
    )
    sums = squares.groupby(["query", "text"], sort=False).sum()
    return np.sqrt(sums["difference"] / sums["size"])


def total_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Relative distance of the sum of either split to the text's influence; columns position_score, loss_score."""
    pairs = table.groupby(["query", "text"], sort=False)
    sums, score = pairs[["position_score", "loss_score"]].sum(), pairs["score"].first()
    return sums.sub(score, axis=0).abs().div(score.abs(), axis=0)
