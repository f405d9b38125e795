"""Shares of successes and their 95 % intervals."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

_Z = float(stats.norm.ppf(0.975))


def wilson(share: float, count: int) -> tuple[float, float]:
    """Both ends of Wilson's 95 % interval of a share; wider than needed where repetitions are shares themselves.

    Raises:
        ValueError: no repetitions.

    >>> [round(end, 3) for end in wilson(0.0, 20)]
    [0.0, 0.161]
    """
    if count < 1:
        raise ValueError("a share needs one repetition or more")
    spread = _Z * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    scale = 1 + _Z**2 / count
    low, high = (share + _Z**2 / (2 * count) - spread) / scale, (share + _Z**2 / (2 * count) + spread) / scale
    return float(max(low, 0.0)), float(min(high, 1.0))


def share_interval(values: Sequence[float]) -> tuple[float, float]:
    """A share and how far its Wilson interval reaches on its longer side."""
    share = float(np.mean(values))
    low, high = wilson(share, len(values))
    return share, max(share - low, high - share)


def difference_of_shares(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Share of the first minus share of the second, with the longer side of Newcombe's 95 % interval (1998, method 10).

    >>> value, half = difference_of_shares([1] * 20, [1] * 10 + [0] * 10)
    >>> round(value, 2), round(half, 2)
    (0.5, 0.26)
    """
    (a, b), sizes = (float(np.mean(first)), float(np.mean(second))), (len(first), len(second))
    (a_low, a_high), (b_low, b_high) = wilson(a, sizes[0]), wilson(b, sizes[1])
    below = np.hypot(a - a_low, b_high - b)
    above = np.hypot(a_high - a, b - b_low)
    return a - b, float(max(below, above))
