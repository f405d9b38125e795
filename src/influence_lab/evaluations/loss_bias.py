"""How much the sizes of influence scores follow the training losses, and whether two scores rank points alike."""

import numpy as np
from scipy import stats

Array = np.ndarray


def loss_correlation(scores: Array, losses: Array) -> float:
    """Spearman correlation between the size of a point's score, averaged over measurements, and its training loss.

    Args:
        scores: shape (m, n), of either sign.
        losses: shape (n,).

    >>> loss_correlation(np.array([[-1.0, 2.0, -3.0]]), np.array([0.1, 0.2, 0.3]))
    1.0
    """
    return float(stats.spearmanr(np.abs(scores).mean(axis=0), losses).statistic)


def loss_correlations(scores: Array, losses: Array) -> Array:
    """The same correlation for each measurement apart, shape (m,)."""
    ranks = stats.rankdata(np.abs(scores), axis=1)
    loss_ranks = stats.rankdata(losses)
    ranks, loss_ranks = ranks - ranks.mean(axis=1, keepdims=True), loss_ranks - loss_ranks.mean()
    return ranks @ loss_ranks / (np.linalg.norm(ranks, axis=1) * np.linalg.norm(loss_ranks))


def kendall(first: Array, second: Array) -> Array:
    """Kendall's τ between the rankings of the training points by two scores, for each measurement, shape (m,)."""
    return np.array([stats.kendalltau(a, b).statistic for a, b in zip(first, second, strict=True)])


def top_points(scores: Array, count: int) -> Array:
    """Indices of the `count` training points with the largest absolute scores for each measurement: (m, count).

    >>> top_points(np.array([[1.0, -3.0, 2.0]]), 2).tolist()
    [[1, 2]]
    """
    return np.argsort(-np.abs(scores), axis=1, kind="stable")[:, :count]
