"""What page 08_near_duplicates says of its tables: means over queries, differences, and the share of chance."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray


class Chance(NamedTuple):
    """How many of the pairs found are to be expected by chance.

    Attributes:
        decoys: pairs with an image upside down that were accepted.
        share: expected false pairs over pairs found.
        upper: the same with the upper end of the 95 % interval of the number of decoys (Poisson, exact).
    """

    decoys: int
    share: float
    upper: float


def chance_share(search: Mapping[str, Array], edges: float, pixels: float) -> Chance:
    """Share of the pairs found that chance explains, judged by images turned upside down.

    Args:
        search: the arrays of `duplicate_calibration.search`.
        edges: threshold.
        pixels: threshold.
    """
    found = int(((search["edges"] >= edges) & (search["pixels"] >= pixels)).sum())
    decoys = int(((search["decoy_edges"] >= edges) & (search["decoy_pixels"] >= pixels)).sum())
    weight = float(search["comparisons"] / search["decoy_comparisons"]) / max(found, 1)
    return Chance(decoys, decoys * weight, float(stats.chi2.ppf(0.975, 2 * decoys + 2) / 2) * weight)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """`mean_interval`, with a half-width of NaN for a single value, which says nothing about its spread."""
    return mean_interval(values) if len(values) > 1 else (float(np.mean(values)), float("nan"))


def mean_recalls(retrieval: pd.DataFrame, column: str = "recall_25") -> pd.DataFrame:
    """Mean over queries with its 95 % interval, columns `mean` and `half`, for each `model`, `seed` and `method`."""
    rows = [
        (*key, *spread(group[column].to_numpy()))
        for key, group in retrieval.groupby(["model", "seed", "method"], sort=False)
    ]
    return pd.DataFrame(rows, columns=["model", "seed", "method", "mean", "half"])


def over_seeds(retrieval: pd.DataFrame, model: str, column: str = "recall_25") -> pd.DataFrame:
    """Mean over the training seeds of one model: a row for each query, a column for each method."""
    rows = retrieval[(retrieval["model"] == model) & (retrieval["seed"] >= 0)]
    return rows.pivot_table(index="query", columns="method", values=column, aggfunc="mean")


def best_of(table: pd.DataFrame, *methods: str) -> pd.Series:
    """For each query the largest recall of several methods."""
    return table[list(methods)].max(axis=1)


def difference(first: pd.Series, second: pd.Series) -> tuple[float, float]:
    """Mean of the differences over queries, and the half-width of its 95 % interval."""
    return mean_interval((first - second).to_numpy())


def by_self_influence(
    retrieval: pd.DataFrame, why: pd.DataFrame, model: str, methods: Sequence[str], parts: int = 4
) -> dict[str, pd.DataFrame]:
    """Recall of some methods in equal parts of the queries, from the smallest self-influence to the largest.

    Args:
        retrieval: `duplicate_retrieval.retrieval_rows` of all.
        why: `duplicate_retrieval.pair_rows` of all.
        model: its seeds are averaged, self-influence by its geometric mean.
        methods: names.
        parts: how many; fewer where there are fewer queries than two for each.

    Returns:
        By method a table with the columns `part`, `mean` and `half`.
    """
    recalls = over_seeds(retrieval, model)
    own = why[why["model"] == model].drop_duplicates(["seed", "query"])
    size = np.log(own["query_self"].clip(lower=1e-30)).groupby(own["query"]).mean().reindex(recalls.index)
    parts = max(1, min(parts, len(recalls) // 2))
    groups = np.array_split(size.sort_values(kind="stable").index.to_numpy(), parts)
    names = [f"{k + 1} of {parts}" for k in range(parts)]
    names = [f"smallest<br>{names[0]}", *names[1:-1], f"largest<br>{names[-1]}"] if parts > 1 else names
    return {
        method: pd.DataFrame(
            [(name, *spread(recalls.loc[group, method].to_numpy())) for name, group in zip(names, groups, strict=True)],
            columns=["part", "mean", "half"],
        )
        for method in methods
    }
