"""The linear datamodeling score, its noise ceiling, and intervals over subsets and targets."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

Array = np.ndarray


def rank_correlation(first: Array, second: Array) -> Array:
    """Spearman's correlation of each column of two arrays of shape (j, m); 0 where a column is constant. Shape (m,).

    >>> rank_correlation(np.array([[1.0], [2.0], [4.0]]), np.array([[0.0], [5.0], [6.0]])).tolist()
    [1.0]
    """
    first, second = (rankdata(values, axis=0) - (len(values) + 1) / 2 for values in (first, second))
    lengths = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return np.divide((first * second).sum(axis=0), lengths, out=np.zeros(len(lengths)), where=lengths > 0)


def linear_datamodeling_score(outputs: Array, masks: Array, weights: Array) -> Array:
    r"""LDS of each target, $\rho_{\text{Spearman}}(f(z; S_j), \sum_{i \in S_j} \tau_i(z))$ over subsets j.

    Park et al. 2023, Definition 2.3.

    Args:
        outputs: f(z; S_j), shape (j, m); a mean over several trainings of each subset where there are several.
        masks: 1 for a point in the subset, shape (j, n).
        weights: τ, the attribution scores, shape (m, n). A positive factor changes nothing.

    Returns:
        Shape (m,); the score of a method is the mean.
    """
    return rank_correlation(outputs, masks @ weights.T)


def noise_ceiling(outputs: Array, splits: int = 10, seed: int = 0) -> Array:
    r"""The best LDS that any prediction could have, given that r trainings of a subset differ.

    The means over two halves of the trainings correlate with r₁; by Spearman and Brown the mean over all of them has
    the reliability $2r_1/(1 + r_1)$, and the true expected output correlates with it like its square root.

    Args:
        outputs: shape (j, r, m), r even.
        splits: random halvings, r₁ is the mean over them.
        seed: draws them.

    Returns:
        Shape (m,).

    Raises:
        ValueError: r is odd.
    """
    repeats = outputs.shape[1]
    if repeats % 2:
        raise ValueError(f"cannot halve {repeats} trainings of each subset")
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(repeats) for _ in range(splits)]
    halves = ((outputs[:, order[: repeats // 2]], outputs[:, order[repeats // 2 :]]) for order in orders)
    agreement = np.mean([rank_correlation(one.mean(axis=1), other.mean(axis=1)) for one, other in halves], axis=0)
    agreement = np.clip(agreement, 0, None)
    return np.sqrt(2 * agreement / (1 + agreement))


def subset_target_interval(
    statistic: Callable[[Array], Array], subsets: int, draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """A mean over targets, and how far its 95 % bootstrap interval over subsets and targets reaches.

    Subsets and targets are both drawn anew, with replacement: the score would differ with other held-out subsets, and
    with other targets.

    Args:
        statistic: from rows (indices of held-out subsets) to one number a target, shape (m,).
        subsets: number of held-out subsets.
        draws: bootstrap samples.
        seed: draws them.

    Returns:
        The mean over targets for all subsets, and the longer side of the percentile interval.
    """
    rng = np.random.default_rng(seed)
    everything = statistic(np.arange(subsets))
    value, targets = float(everything.mean()), len(everything)
    means = [
        statistic(rng.integers(subsets, size=subsets))[rng.integers(targets, size=targets)].mean() for _ in range(draws)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return value, float(max(value - low, high - value))
