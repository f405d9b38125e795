"""What page 07_image_partition says of its tables: means with intervals, and the verdict's numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray
Pair = tuple[float, float]


def over_starts(table: pd.DataFrame, kind: str, k: int, measure: str, model: str, seed: int) -> Pair:
    """Mean over the starts of k-means, and the half-width of its 95 % interval; (NaN, NaN) where nothing was measured.

    A start's agreement with the other starts shares a pair with each of theirs: there the interval is the jackknife's
    over starts, for R starts the usual one times $2(R-1)/(R-2)$.

    Args:
        table: `results/evaluations/image_partition.parquet`.
        kind: embedding that the partition was made in.
        k: number of groups.
        measure: for example "ami labels".
        model: name.
        seed: of its training.
    """
    rows = table.query("kind == @kind and k == @k and measure == @measure and model == @model and seed == @seed")
    values = rows["value"].dropna().to_numpy()
    if len(values) < 2:
        return float("nan"), float("nan")
    mean, half = mean_interval(values)
    if measure.endswith(" restart"):
        half *= 2 * (len(values) - 1) / (len(values) - 2) if len(values) > 2 else float("nan")
    return mean, half


def ratio(over: Pair, under: Pair) -> Pair:
    """Ratio of two independent positive means with the half-width of its interval, by linearisation."""
    value = over[0] / under[0]
    return value, abs(value) * float(np.hypot(over[1] / over[0], under[1] / under[0]))


def compared(first: Pair, second: Pair) -> int:
    """1 where the first of two independent means is larger, −1 where it is smaller, 0 where intervals do not tell.

    >>> compared((0.5, 0.03), (0.4, 0.04)), compared((0.5, 0.3), (0.4, 0.4))
    (1, 0)
    """
    gap = first[0] - second[0]
    return int(np.sign(gap)) if abs(gap) > np.hypot(first[1], second[1]) else 0


def objective_table(arrays: Mapping[str, Array], partition: str, counts: list[int]) -> pd.DataFrame:
    """Share of the bound of cosine influence by the number of groups: columns k, mean, half (NaN for one partition).

    Args:
        arrays: of one model.
        partition: "cosine", "features", "residuals" or "random".
        counts: k.
    """
    rows = []
    for count in counts:
        shares = np.atleast_1d(arrays[f"share_cosine_{partition}_{count}"])
        rows.append((count, *mean_interval(shares)) if len(shares) > 1 else (count, float(shares[0]), np.nan))
    return pd.DataFrame(rows, columns=["k", "mean", "half"])


def felt(removals: pd.DataFrame) -> pd.DataFrame:
    """The groups whose removal, and that of both controls, raises the losses of those removed, as it should.

    Args:
        removals: `partition_removals.removal_table`.

    Returns:
        By group the columns of its own removal, and `random` and `same labels`: what the controls lose, nats.
    """
    measured = removals.pivot(index="group", columns="kind", values="measured")
    own = removals[removals["kind"] == "functioning"].set_index("group")
    whole = own.join(measured.reindex(columns=["random", "same labels"]))
    positive = ["measured", "predicted", "newton", "random", "same labels"]
    return whole[(whole[positive] > 0).all(axis=1)]  # a missing control is NaN


def log_correlation(pairs: Array) -> Array:
    """Pearson correlation of the logarithms of two positive columns, shape (…, rows, 2) to (…)."""
    logs = np.log(pairs)
    centred = logs - logs.mean(axis=-2, keepdims=True)
    scale = np.sqrt((centred**2).sum(axis=-2)).prod(axis=-1)
    return centred.prod(axis=-1).sum(axis=-1) / np.where(scale > 0, scale, 1)
