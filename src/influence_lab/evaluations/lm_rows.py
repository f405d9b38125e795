"""Rows of the language models' scoreboard."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from influence_lab.attributions.metering import Cost
from influence_lab.evaluations.bootstrap_scores import Samples, interval, query_interval

Array = np.ndarray
REFERENCE, CEILING = "ekfac", "noise ceiling"
COLUMNS = [
    "method",
    "metric",
    "model",
    "value",
    "low",
    "high",
    "difference",  # from EK-FAC on the same model, paired
    "difference_low",
    "difference_high",
    "over",
    "count",
]


def rows(samples: Samples, metric: str, model: str, over: str, count: int) -> pd.DataFrame:
    """A row a method: its value and how it differs from EK-FAC's, with 95 % intervals.

    Args:
        samples: by method, on the same bootstrap samples.
        metric: what is measured.
        model: on what.
        over: what the intervals are over.
        count: number of queries.
    """
    reference = samples.get(REFERENCE)
    found = []
    for name, drawn in samples.items():
        apart = (np.nan,) * 3 if reference is None or name == REFERENCE else interval(drawn - reference)
        found.append((name, metric, model, *interval(drawn), *apart, over, count))
    return pd.DataFrame(found, columns=COLUMNS)


def query_rows(values: Mapping[str, Array], metric: str, model: str, draws: int, seed: int) -> pd.DataFrame:
    """A row a method: its mean over queries and how it differs from EK-FAC's, paired, with `query_interval`.

    Args:
        values: by method, one number a query, shape (m,).
        metric: what is measured.
        model: on what.
        draws: bootstrap samples, where there are queries enough.
        seed: draws them.
    """
    reference = values.get(REFERENCE)
    found = []
    for name, each in values.items():
        alone = reference is None or name == REFERENCE
        apart = (np.nan,) * 3 if alone else query_interval(each - reference, draws, seed)
        found.append((name, metric, model, *query_interval(each, draws, seed), *apart, "queries", len(each)))
    return pd.DataFrame(found, columns=COLUMNS)


def ceiling_row(value: float, metric: str, model: str, count: int) -> pd.DataFrame:
    """What a perfect prediction would reach, training noise being what it is."""
    return pd.DataFrame([(CEILING, metric, model, value, *(np.nan,) * 5, "", count)], columns=COLUMNS)


def with_costs(table: pd.DataFrame, costs: Mapping[str, Cost]) -> pd.DataFrame:
    """The rows with columns seconds and peak_mb; NaN where a method has no cost of its own, as a ceiling has not."""
    known = [costs.get(name, Cost(np.nan, np.nan)) for name in table["method"]]
    return table.assign(seconds=[cost.seconds for cost in known], peak_mb=[cost.peak_mb for cost in known])
