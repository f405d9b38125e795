"""Influence of growing groups on themselves: boundary points of a cluster, its points, either cluster's, any."""

from collections.abc import Mapping, Sequence

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


def pair_means(K: Array, clusters: Array, logits: Array) -> Array:
    """Means of K(x, x) and of K(x, y), y another point, over the pool of each kind: shape (kinds, 2)."""
    rows = []
    for pool in pools(clusters, logits).values():
        within = K[np.ix_(pool, pool)]
        own, count = np.trace(within), len(pool)
        rows.append((own / count, (within.sum() - own) / (count * (count - 1))))
    return np.array(rows)


def expected_growth(means: Array, sizes: list[int]) -> Array:
    r"""The mean of I(S) over all groups of m points of a pool, exactly: $m\,a + m(m - 1)\,b$.

    Args:
        means: a and b of each kind as `pair_means` gives them, shape (..., kinds, 2).
        sizes: m.

    Returns:
        Shape (..., sizes, kinds).
    """
    m = np.array(sizes, dtype=float)[:, None]
    return m * means[..., None, :, 0] + m * (m - 1) * means[..., None, :, 1]


def turning_size(means: Array, first: str, second: str) -> float:
    """The size m > 1 at which groups of two kinds have the same expected influence; infinite where there is none.

    Args:
        means: of `pair_means`, shape (kinds, 2).
        first: a key of `KINDS`.
        second: a key of `KINDS`.
    """
    names = list(KINDS)
    own, pair = means[names.index(first)] - means[names.index(second)]
    return float(1 - own / pair) if own * pair < 0 else float("inf")


def ordering_by_damping(
    means: Mapping[float, Array], sizes: list[int], pairs: Sequence[tuple[str, str]], resamples: int = 1000
) -> pd.DataFrame:
    """`ordering` of the expected influence, averaged over the sizes, for each λ; intervals are over seeds.

    Args:
        means: `pair_means` of every seed by λ, each of shape (seeds, kinds, 2).
        sizes: m.
        pairs: of keys of `KINDS`.
        resamples: bootstrap samples.

    Returns:
        Columns `damping`, `first`, `second`, `value`, `half`, and `turns`, the `turning_size` of the means over seeds.
    """
    rows = []
    for damping, each in means.items():
        values = expected_growth(each, sizes)[:, None]  # one "draw": the mean over all of them
        for pair in pairs:
            value, half = ordering(values, *pair, resamples=resamples).iloc[-1]
            rows.append((damping, *pair, value, half, turning_size(each.mean(axis=0), *pair)))
    return pd.DataFrame(rows, columns=["damping", "first", "second", "value", "half", "turns"])


def grown_groups(kernels: Array, clusters: Array, logits: Array, sizes: list[int], draws: int) -> Array:
    """`growth` for the K and logits of each seed, shapes (seeds, n, n) and (seeds, n): (seeds, draws, sizes, kinds)."""
    pairs = enumerate(zip(kernels, logits, strict=True))
    return np.stack([growth(K, clusters, f, sizes, draws, seed) for seed, (K, f) in pairs])


def relative_differences(values: Array, first: str, second: str) -> Array:
    """Mean influence of one kind minus that of another, each size over its mean over all kinds: shape (sizes,).

    Args:
        values: shape (seeds, draws, sizes, kinds).
        first: a key of `KINDS`.
        second: a key of `KINDS`.
    """
    names = list(KINDS)
    means = values.mean(axis=(0, 1))  # (sizes, kinds)
    return (means[:, names.index(first)] - means[:, names.index(second)]) / means.mean(axis=-1)


def ordering(values: Array, first: str, second: str, resamples: int = 1000) -> pd.DataFrame:
    """`relative_differences` with 95 % intervals, bootstrapped over seeds and over draws within them.

    Args:
        values: shape (seeds, draws, sizes, kinds).
        first: a key of `KINDS`.
        second: a key of `KINDS`.
        resamples: bootstrap samples.

    Returns:
        Columns `value` and `half`, the interval's longer side: a row a size, and last the mean over the sizes.
    """
    rng = np.random.default_rng(0)
    seeds, draws = values.shape[:2]
    found = []
    for _ in range(resamples):
        chosen, within = rng.integers(seeds, size=(seeds, 1)), rng.integers(draws, size=(seeds, draws))
        found.append(_with_mean(relative_differences(values[chosen, within], first, second)))
    value = _with_mean(relative_differences(values, first, second))
    low, high = np.percentile(found, [2.5, 97.5], axis=0)
    return pd.DataFrame({"value": value, "half": np.maximum(value - low, high - value)})


def _with_mean(values: Array) -> Array:
    return np.append(values, values.mean())


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
