"""Scores of several methods on the same bootstrap samples, so that their differences have intervals too."""

import math
from collections.abc import Mapping

import numpy as np

from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.lds import rank_correlation

Array = np.ndarray
Samples = dict[str, Array]  # method: (1 + draws,), the value first, then that of each bootstrap sample
FEW = 20  # queries


def query_interval(values: Array, draws: int, seed: int) -> tuple[float, float, float]:
    """The mean over queries with its 95 % interval: bootstrap, or Student's t below `FEW` queries.

    A percentile bootstrap of a few values is too short: of five normal ones it holds the mean about 82 times in 100.

    Args:
        values: one number a query, shape (m,); for two methods, their difference.
        draws: bootstrap samples.
        seed: draws them, the same for the same number of queries.

    Returns:
        Mean and ends; NaN for the ends of one query, which says nothing about the spread.

    >>> query_interval(np.array([0.5]), 20, 0)
    (0.5, nan, nan)
    """
    count = len(values)
    if count < 2:
        return float(values.mean()), math.nan, math.nan
    if count < FEW:
        mean, half = mean_interval(values)
        return mean, mean - half, mean + half
    rows = np.random.default_rng(seed).integers(count, size=(draws, count))
    return interval(np.array([values.mean(), *values[rows].mean(axis=1)]))


def over_subsets_and_queries(
    outputs: Array, masks: Array, scores: Mapping[str, Array], draws: int, seed: int
) -> Samples:
    """LDS, the mean over queries, with held-out subsets and queries both drawn with replacement.

    Args:
        outputs: of models trained on the subsets, shape (k, m).
        masks: the subsets, shape (k, n).
        scores: by method, shape (m, n).
        draws: bootstrap samples.
        seed: draws them, the same for all methods.
    """
    rng, (subsets, queries) = np.random.default_rng(seed), outputs.shape
    rows = [np.arange(subsets), *rng.integers(subsets, size=(draws, subsets))]
    columns = [np.arange(queries), *rng.integers(queries, size=(draws, queries))]
    predicted = {name: masks @ each.T for name, each in scores.items()}
    return {
        name: np.array(
            [
                rank_correlation(outputs[row], each[row])[column].mean()
                for row, column in zip(rows, columns, strict=True)
            ]
        )
        for name, each in predicted.items()
    }


def interval(samples: Array) -> tuple[float, float, float]:
    """The value, and the ends of its 95 % percentile interval.

    >>> interval(np.array([0.5, *np.arange(41) / 40]))
    (0.5, 0.025, 0.975)
    """
    low, high = np.percentile(samples[1:], [2.5, 97.5])
    return float(samples[0]), float(low), float(high)
