"""Which points each retrained model sees: rows of weights for the retraining engine."""

from collections.abc import Sequence

import numpy as np


def leave_out(n: int, groups: Sequence[Sequence[int]]) -> np.ndarray:
    """Weight 0 for the points of one group a model, 1 for the others; shape (groups, n).

    >>> leave_out(3, [[0], [1, 2], []]).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """
    weights = np.ones((len(groups), n))
    for row, group in zip(weights, groups, strict=True):
        row[list(group)] = 0
    return weights


def leave_one_out(n: int) -> np.ndarray:
    """One model without each point; shape (n, n).

    >>> leave_one_out(2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return 1 - np.eye(n)


def random_subsets(n: int, share: float, models: int, seed: int) -> np.ndarray:
    """Weight 1 for round(share · n) points drawn without replacement, 0 for the others; shape (models, n).

    >>> random_subsets(10, 0.3, models=4, seed=0).sum(axis=1).tolist()
    [3.0, 3.0, 3.0, 3.0]
    """
    first = np.arange(n) < round(share * n)
    return np.random.default_rng(seed).permuted(np.tile(first, (models, 1)), axis=1).astype(float)
