"""Influence of growing groups on themselves: boundary points of a cluster, its points, either cluster's, any."""

import numpy as np
import pandas as pd

from influence_lab.attributions.groups import group_influence
from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray

KINDS = {  # name: how a reader sees it, in the claimed order
    "boundary_left": "boundary of the left cluster",
    "left": "left cluster",
    "either": "either red cluster",
    "any": "any class",
}


def pools(clusters: Array, logits: Array) -> dict[str, Array]:
    """The points from which groups of each kind are drawn, as indices.

    The boundary of cluster 0 is the half of its points with the smallest |logit|: a definition without influence.
    """
    left = np.flatnonzero(clusters == 0)
    near = left[np.argsort(np.abs(logits[left]), kind="stable")[: len(left) // 2]]
    return {
        "boundary_left": near,
        "left": left,
        "either": np.flatnonzero(clusters >= 0),
        "any": np.arange(len(clusters)),
    }


def growth(K: Array, clusters: Array, logits: Array, sizes: list[int], draws: int, seed: int) -> Array:
    """I(S) of random groups S of each kind, growing by the sizes.

    Args:
        K: `kernel` of one network, shape (n, n).
        clusters: shape (n,).
        logits: of the training points, shape (n,).
        sizes: of the groups, increasing; at most half a cluster.
        draws: random orders of each kind.
        seed: draws them.

    Returns:
        Shape (draws, sizes, kinds), the kinds in the order of `KINDS`.

    Raises:
        ValueError: a size is larger than the boundary's pool.
    """
    rng = np.random.default_rng([seed, 3])
    values = np.empty((draws, len(sizes), len(KINDS)))
    for kind, pool in enumerate(pools(clusters, logits).values()):
        if max(sizes) > len(pool):
            raise ValueError(f"growth_sizes up to {max(sizes)}, but only {len(pool)} points lie at the boundary")
        for draw in range(draws):
            order = rng.permutation(pool)
            groups = np.zeros((len(sizes), len(K)))
            for row, size in enumerate(sizes):
                groups[row, order[:size]] = 1
            values[draw, :, kind] = group_influence(K, groups, groups)
    return values


def relative_difference(values: Array, first: str, second: str) -> Array:
    """Mean influence of one kind minus that of another, each size over the pooled mean, averaged over sizes.

    Args:
        values: shape (..., seeds, draws, sizes, kinds); all but the leading axes are averaged.
        first: a key of `KINDS`.
        second: a key of `KINDS`.
    """
    names = list(KINDS)
    means = values.mean(axis=(-4, -3))  # (..., sizes, kinds)
    difference = means[..., names.index(first)] - means[..., names.index(second)]
    return (difference / means.mean(axis=-1)).mean(axis=-1)


def ordering(values: Array, first: str, second: str, resamples: int = 1000) -> tuple[float, float]:
    """`relative_difference`, and how far its 95 % interval reaches, bootstrapped over seeds and draws within them.

    Args:
        values: shape (seeds, draws, sizes, kinds).
        first: a key of `KINDS`.
        second: a key of `KINDS`.
        resamples: bootstrap samples.
    """
    rng = np.random.default_rng(0)
    seeds, draws = values.shape[:2]
    found = []
    for _ in range(resamples):
        chosen = rng.integers(seeds, size=seeds)
        within = rng.integers(draws, size=(seeds, draws))
        found.append(relative_difference(values[chosen[:, None], within], first, second))
    value = float(relative_difference(values, first, second))
    low, high = np.percentile(found, [2.5, 97.5])
    return value, float(max(value - low, high - value))


def curves(values: Array, sizes: list[int]) -> dict[str, pd.DataFrame]:
    """For each kind, by its text, the columns `size`, `mean` and `half` (95 %, over seeds).

    Args:
        values: shape (seeds, draws, sizes, kinds).
        sizes: of the groups.
    """
    by_seed = values.mean(axis=1)  # (seeds, sizes, kinds)
    return {
        text: pd.DataFrame(
            [(size, *mean_interval(by_seed[:, row, kind])) for row, size in enumerate(sizes)],
            columns=["size", "mean", "half"],
        )
        for kind, text in enumerate(KINDS.values())
    }
