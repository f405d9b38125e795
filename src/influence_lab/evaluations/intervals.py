"""Means over independent repetitions, with their 95 % intervals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """The mean and the half-width of its 95 % interval (Student's t).

    Raises:
        ValueError: fewer than two values.

    >>> mean_interval([1.0, 1.0, 1.0])
    (1.0, 0.0)
    """
    count = len(values)
    if count < 2:
        raise ValueError(f"an interval needs two values or more, got {count}")
    return float(np.mean(values)), float(stats.sem(values) * stats.t.ppf(0.975, count - 1))


def intervals(table: pd.DataFrame, by: str, value: str) -> pd.DataFrame:
    """`mean_interval` of a column for each value of another: columns named `by`, mean, half."""
    rows = [(key, *mean_interval(group[value].to_numpy())) for key, group in table.groupby(by)]
    return pd.DataFrame(rows, columns=[by, "mean", "half"])
