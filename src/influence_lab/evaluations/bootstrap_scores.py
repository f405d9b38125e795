"""Scores of several methods on the same bootstrap samples, so that their differences have intervals too."""

from collections.abc import Mapping

import numpy as np

from influence_lab.evaluations.lds import rank_correlation

Array = np.ndarray
Samples = dict[str, Array]  # method: (1 + draws,), the value first, then that of each bootstrap sample


def over_queries(values: Mapping[str, Array], draws: int, seed: int) -> Samples:
    """Means over queries, queries drawn with replacement.

    Args:
        values: by method, one number a query, shape (m,).
        draws: bootstrap samples.
        seed: draws them, the same for all methods.
    """
    count = len(next(iter(values.values())))
    rows = np.random.default_rng(seed).integers(count, size=(draws, count))
    return {name: np.array([each.mean(), *each[rows].mean(axis=1)]) for name, each in values.items()}


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
