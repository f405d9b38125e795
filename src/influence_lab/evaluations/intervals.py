"""Means and other statistics of independent repetitions, with their 95 % intervals."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats


def mean_interval(values: Sequence[float], together: int = 1) -> tuple[float, float]:
    """The mean and the half-width of its 95 % interval (Student's t).

    Args:
        values: independent repetitions.
        together: number of intervals that are to hold all at once with 95 % (Bonferroni): each has 1 − 0.05/together.

    Raises:
        ValueError: fewer than two values.

    >>> mean_interval([1.0, 1.0, 1.0])
    (1.0, 0.0)
    """
    count = len(values)
    if count < 2:
        raise ValueError(f"an interval needs two values or more, got {count}")
    return float(np.mean(values)), float(stats.sem(values) * stats.t.ppf(1 - 0.025 / together, count - 1))


def bootstrap_interval(
    statistic: Callable[[np.ndarray], np.ndarray], repetitions: np.ndarray, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """A statistic of all repetitions, and how far its 95 % percentile bootstrap interval reaches on its longer side.

    Args:
        statistic: from arrays of shape (..., repetitions, k) to one number each.
        repetitions: shape (repetitions, k); whole rows are drawn, with replacement.
        draws: bootstrap samples.
        seed: draws them.
    """
    chosen = np.random.default_rng(seed).integers(len(repetitions), size=(draws, len(repetitions)))
    value = float(statistic(repetitions))
    low, high = np.percentile(statistic(repetitions[chosen]), [2.5, 97.5])
    return value, float(max(value - low, high - value))


def jackknife_interval(statistic: Callable[[np.ndarray], float], repetitions: np.ndarray) -> tuple[float, float]:
    r"""A statistic of all repetitions, and the half-width of its 95 % interval (Student's t) by leaving each out.

    The variance is $\frac{R-1}{R}\sum_r(s_{-r} - \bar s)^2$ (Tukey 1958). For statistics that depend on the number of
    repetitions, such as a spread over them, where drawing some twice would change what is measured.

    Raises:
        ValueError: fewer than two repetitions.

    >>> half = jackknife_interval(np.mean, np.array([1.0, 2.0, 3.0]))[1]
    >>> bool(np.isclose(half, mean_interval([1.0, 2.0, 3.0])[1]))
    True
    """
    count = len(repetitions)
    if count < 2:
        raise ValueError(f"an interval needs two values or more, got {count}")
    left = [statistic(np.delete(repetitions, place, axis=0)) for place in range(count)]
    error = np.sqrt((count - 1) * np.var(left))
    return float(statistic(repetitions)), float(error * stats.t.ppf(0.975, count - 1))


def intervals(table: pd.DataFrame, by: str, value: str) -> pd.DataFrame:
    """`mean_interval` of a column for each value of another: columns named `by`, mean, half."""
    rows = [(key, *mean_interval(group[value].to_numpy())) for key, group in table.groupby(by)]
    return pd.DataFrame(rows, columns=[by, "mean", "half"])


def paired_interval(
    table: pd.DataFrame, value: str, by: str, first: str, second: str, over: str
) -> tuple[float, float]:
    """`mean_interval` of a column where `by` is `first` minus where it is `second`, paired over the column `over`.

    >>> table = pd.DataFrame({"way": ["a", "b"] * 2, "seed": [0, 0, 1, 1], "score": [1.0, 0.5, 3.0, 2.5]})
    >>> paired_interval(table, "score", "way", "a", "b", "seed")
    (0.5, 0.0)
    """
    wide = table.pivot(index=over, columns=by, values=value)
    return mean_interval((wide[first] - wide[second]).to_numpy())


def interval_table(column: str, labels: Sequence, repetitions: Sequence[Sequence[float]]) -> pd.DataFrame:
    """`mean_interval` of each of several measurements: columns named `column` (their labels), mean, half.

    >>> interval_table("steps", [1, 10], [[0.5, 0.5], [2.0, 2.0]]).values.tolist()
    [[1.0, 0.5, 0.0], [10.0, 2.0, 0.0]]
    """
    rows = [(label, *mean_interval(values)) for label, values in zip(labels, repetitions, strict=True)]
    return pd.DataFrame(rows, columns=[column, "mean", "half"])


def plus_minus(pair: Sequence[float], digits: int = 2, sign: str = "") -> str:
    """A value and the half-width of its interval as text; `sign="+"` writes the sign of positive values too.

    >>> plus_minus((0.1234, 0.02), 3, "+")
    '+0.123 ± 0.020'
    """
    value, half = pair
    return f"{value:{sign}.{digits}f} ± {half:.{digits}f}"
