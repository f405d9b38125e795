"""How well influence through two stages finds the texts that state an answer, and how its variants agree."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from influence_lab.evaluations.bootstrap_scores import query_interval
from influence_lab.evaluations.fact_tracing import relevance, tracing
from influence_lab.evaluations.lds import rank_correlation

Array = np.ndarray
FULL = "full"


def stating(facts: Array, texts: pd.DataFrame) -> Array:
    """Which texts state the answer of which query, right or planted as wrong; boolean, shape (queries, texts)."""
    return relevance(facts, texts["carries"].to_numpy()) | relevance(facts, texts["states_wrong"].to_numpy())


def tracing_table(scores: Mapping[str, Array], relevant: Array, depth: int, draws: int, seed: int) -> pd.DataFrame:
    """A row a variant and metric, with 95 % intervals over queries.

    Args:
        scores: by variant, `full` among them, shape (m, n).
        relevant: which texts state the answer, at least one a query; boolean, shape (m, n).
        depth: k of the precision at a fixed k.
        draws: bootstrap samples.
        seed: draws them.

    Returns:
        Columns variant, metric (`precision_k`, `precision_carriers`, `reciprocal_rank`), value, low, high, and
        difference, difference_low, difference_high from the full formula, paired; NaN for the full formula itself.
    """
    found = {name: tracing(each, relevant, depth) for name, each in scores.items()}
    rows = []
    for name, metrics in found.items():
        for metric, values in metrics.items():
            apart = (np.nan,) * 3 if name == FULL else query_interval(values - found[FULL][metric], draws, seed)
            rows.append((name, metric, *query_interval(values, draws, seed), *apart))
    columns = ["value", "low", "high", "difference", "difference_low", "difference_high"]
    return pd.DataFrame(rows, columns=["variant", "metric", *columns])


def agreement(scores: Mapping[str, Array]) -> pd.DataFrame:
    """Spearman's correlation over texts of any two variants, the mean over queries; a table with their names."""
    names = list(scores)
    values = [[float(rank_correlation(scores[one].T, scores[two].T).mean()) for two in names] for one in names]
    return pd.DataFrame(values, index=names, columns=names)


def sizes(scores: Array, relevant: Array, texts: int) -> Array:
    r"""$\sum_i I_i / n$ over the texts that state each answer: the drop of log p that is predicted without them.

    Args:
        scores: shape (m, n).
        relevant: boolean, shape (m, n).
        texts: n, the number of training texts.
    """
    return (scores * relevant).sum(axis=1) / texts
