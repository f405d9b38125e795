"""What the tables of weights boundaries say: shares of groups with intervals, classes compared, flips compared."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.shares import difference_of_shares, wilson

Array = np.ndarray

# What is independent: a draw of one class. Its sizes share members, and its cluster is around its random group's first.
DRAW = ["class", "draw"]
DESCRIPTION = ["right", "hardest", "typical", "length"]
EXPECTED = "expected"  # success by a regression on the members: it does not depend on how the groups ended


def over_seeds(table: pd.DataFrame, column: str, by: Sequence[str] = DRAW) -> pd.Series:
    """Mean of a column for each draw of images, over training seeds as well: two seeds are no sample of seeds."""
    return table.groupby(list(by), sort=False)[column].mean()


def success(table: pd.DataFrame, by: Sequence[str], column: str = "succeeded") -> pd.DataFrame:
    """Share of groups that flipped, or of which another column is true, for each value of some columns.

    Returns:
        The columns `by`, mean, low and high (Wilson's interval over draws of images) and count (draws).
    """
    rows = []
    for key, part in table.groupby(list(by), sort=False):
        values = over_seeds(part, column)
        share = float(values.mean())
        low, high = wilson(share, len(values))
        rows.append(dict(zip(by, key, strict=True)) | {"mean": share, "low": low, "high": high, "count": len(values)})
    return pd.DataFrame(rows)


def class_difference(table: pd.DataFrame, first: int, second: int, value: str = "succeeded") -> tuple[float, float]:
    """Mean of a column over groups of one class minus that over another's, with its 95 % interval over draws.

    Student's t for the means of draws. A class whose draws all ended alike has a spread of zero, but its share is not
    known exactly: then at least Newcombe's for shares, for all that depends on how groups ended.
    """
    classes = [table[table["class"] == k] for k in (first, second)]
    (a, one), (b, other) = (mean_interval(over_seeds(part, value).to_numpy(float)) for part in classes)
    half = float(np.hypot(one, other))
    ended = [over_seeds(part, "succeeded").to_numpy(float) for part in classes]
    if value != EXPECTED and any(np.ptp(shares) == 0 for shares in ended):
        half = max(half, difference_of_shares(*ended)[1])
    return a - b, half


def paired_failures(table: pd.DataFrame, method: str, against: str) -> tuple[float, float]:
    """Share of groups that a method fails on minus that of another on the same groups, over draws.

    Where all draws differ alike, Newcombe's interval for shares, which takes them as not paired: a spread of zero is no
    certainty.
    """
    failed = [1 - over_seeds(table[table["method"] == name], "succeeded") for name in (method, against)]
    difference = (failed[0] - failed[1]).to_numpy(float)
    return difference_of_shares(*failed) if np.ptp(difference) == 0 else mean_interval(difference)


def failures_by_limit(table: pd.DataFrame, limits: Sequence[int]) -> pd.DataFrame:
    """Share of groups that would not have flipped within smaller limits of passes: limit, mean, low and high."""
    rows = []
    for limit in limits:
        failed = 1 - over_seeds(table.assign(within=table["succeeded"] & (table["passes"] <= limit)), "within")
        low, high = wilson(share := float(failed.mean()), len(failed))
        rows.append({"limit": limit, "mean": share, "low": low, "high": high})
    return pd.DataFrame(rows)


def explained_difference(table: pd.DataFrame, first: int, second: int) -> dict[str, tuple[float, float]]:
    """How much of the difference of two classes the measured members explain.

    A logistic regression predicts success from the share of right predictions, the hardest and the mean member by the
    closed form, the length of the features and the kind, fitted on the groups of all *other* classes. Groups of the
    smallest size alone, which every class has.

    Returns:
        "observed", "expected" by that regression, and "left" (observed minus expected, group by group): each the
        difference first minus second, with a 95 % interval over draws, the regression taken as given. Empty where
        the other classes' groups all ended alike.
    """
    table = table[table["size"] == table["size"].min()]
    columns = table[DESCRIPTION].assign(cluster=table["kind"] == "cluster").astype(float)
    other = ~table["class"].isin([first, second])
    if table.loc[other, "succeeded"].nunique() < 2:
        return {}
    scaler = StandardScaler().fit(columns[other])
    fitted = LogisticRegression().fit(scaler.transform(columns[other]), table.loc[other, "succeeded"])
    table = table.assign(expected=fitted.predict_proba(scaler.transform(columns))[:, 1])
    table["left"] = table["succeeded"] - table[EXPECTED]
    parts = {"observed": "succeeded", EXPECTED: EXPECTED, "left": "left"}
    return {name: class_difference(table, first, second, value) for name, value in parts.items()}


def flip_gain(flips: pd.DataFrame, boundary: str, group: str, against: str) -> tuple[float, float]:
    """Share of a group that flips with its seed image minus that of another group, paired over seed images."""
    part = flips[flips["boundary"] == boundary]
    share = [over_seeds(part[part["group"] == name], "share", ["image"]) for name in (group, against)]
    return mean_interval((share[0] - share[1]).to_numpy())


def flip_shares(flips: pd.DataFrame, by: Sequence[str] = ("boundary", "group")) -> pd.DataFrame:
    """Mean share that flips with its seed image: the columns `by`, mean, low and high over seed images."""
    rows = []
    for key, part in flips.groupby(list(by), sort=False):
        mean, half = mean_interval(over_seeds(part, "share", ["image"]))
        rows.append(dict(zip(by, key, strict=True)) | {"mean": mean, "low": mean - half, "high": mean + half})
    return pd.DataFrame(rows)
