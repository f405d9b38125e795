"""How much of the influential texts a cheap filter keeps, against how many texts it keeps."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray


def top_texts(scores: Array, k: int) -> Array:
    """True for the k texts with the highest scores of each query, shape (queries, texts); ties to the earlier text."""
    chosen = np.zeros(scores.shape, bool)
    np.put_along_axis(chosen, np.argsort(-scores, axis=1, kind="stable")[:, :k], True, axis=1)
    return chosen


def kept_share(scores: Array, kept: int) -> Array:
    """Chance of each text to be among the `kept` best of its query, ties broken at random, shape (queries, texts).

    Sums of IDF tie often, and the order of the corpus, carriers first, must not decide.
    """
    least = -np.sort(-scores, axis=1)[:, kept - 1 : kept]
    above, tied = scores > least, scores == least
    room = kept - above.sum(axis=1, keepdims=True)
    return above + tied * room / tied.sum(axis=1, keepdims=True)


def recall(scores: Array, wanted: Array, kept: int) -> Array:
    """Share of the wanted texts among the `kept` best of each query, shape (queries,).

    Args:
        scores: of a filter, shape (queries, texts).
        wanted: True for the texts that are looked for, shape (queries, texts), some in each row.
        kept: texts that the filter keeps.
    """
    return (kept_share(scores, kept) * wanted).sum(axis=1) / wanted.sum(axis=1)


def recall_curves(filters: Mapping[str, Array], wanted: Array, sizes: Sequence[int]) -> pd.DataFrame:
    """Mean recall over queries of several filters at several sizes.

    Returns:
        Columns filter, kept, share (of the corpus), mean, half (95 % interval over queries, Student's t).
    """
    rows = [
        (name, kept, kept / wanted.shape[1], *mean_interval(recall(scores, wanted, kept)))
        for name, scores in filters.items()
        for kept in sizes
    ]
    return pd.DataFrame(rows, columns=["filter", "kept", "share", "mean", "half"])


def curve_sizes(texts: int, points: int = 16) -> list[int]:
    """Numbers of texts from 1 to all, evenly on a logarithmic axis."""
    return sorted({int(size) for size in np.round(np.geomspace(1, texts, points))})
