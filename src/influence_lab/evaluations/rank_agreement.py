"""How scores from query gradients of low rank agree with the full ones."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray


def correlations(scores: Array, full: Array) -> tuple[Array, Array]:
    """Pearson and Spearman correlation over texts, each of shape (queries,), of scores (queries, texts) with others."""
    pearson = [np.corrcoef(one, other)[0, 1] for one, other in zip(scores, full, strict=True)]
    spearman = [spearmanr(one, other).statistic for one, other in zip(scores, full, strict=True)]
    return np.array(pearson), np.array(spearman)


def by_rank(ranks: Array, scores: Array, full: Array) -> pd.DataFrame:
    """Means over queries, with 95 % intervals.

    Args:
        ranks: shape (r,).
        scores: shape (r, queries, texts).
        full: shape (queries, texts).

    Returns:
        Columns rank, and pearson, pearson_half, spearman, spearman_half.
    """
    rows = []
    for rank, at_rank in zip(ranks, scores, strict=True):
        pearson, spearman = correlations(at_rank, full)
        rows.append((int(rank), *mean_interval(pearson), *mean_interval(spearman)))
    return pd.DataFrame(rows, columns=["rank", "pearson", "pearson_half", "spearman", "spearman_half"])
