"""What the ranked table of the reader's texts says."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

Array = np.ndarray


def agreement(table: pd.DataFrame, top: int) -> pd.DataFrame:
    """How far influence and BM25 agree on the training texts of each query.

    Returns:
        Columns query, shared (of the `top` first texts of either, as a share; expected where those of equal score are
        drawn by lot), spearman (NaN where either knows one value only).
    """
    found = []
    for query, rows in table[~table["candidate"]].groupby("query", sort=False):
        first, second = (_chances(rows[score], top) for score in ("influence", "bm25"))
        varied = min(rows["influence"].nunique(), rows["bm25"].nunique()) > 1
        correlation = float(spearmanr(rows["influence"], rows["bm25"]).statistic) if varied else np.nan
        found.append({"query": query, "shared": float(first @ second / first.sum()), "spearman": correlation})
    return pd.DataFrame(found)


def _chances(scores: pd.Series, top: int) -> Array:
    """Of each text to be among the first `top`, shape (n,), where lots are drawn among texts of equal score."""
    above = scores.rank(method="min", ascending=False).to_numpy() - 1
    tied = scores.groupby(scores).transform("size").to_numpy()
    return np.clip((top - above) / tied, 0, 1)


def among(table: pd.DataFrame) -> pd.DataFrame:
    """Where each candidate would stand among the training texts: columns query, id, text, effect, helped_more.

    `helped_more` is the number of training texts with a larger influence on that query.
    """
    found = table[table["candidate"]][["query", "id", "text", "effect", "influence"]].copy()
    trained = dict(list(table[~table["candidate"]].groupby("query")["influence"]))
    found["helped_more"] = [int((trained[row.query] > row.influence).sum()) for row in found.itertuples()]
    return found.drop(columns="influence").reset_index(drop=True)


def by_kind(table: pd.DataFrame, queries: pd.DataFrame) -> pd.DataFrame:
    """The mean predicted effect of each candidate on the right completions and on the wrong ones, in nats.

    Args:
        table: from `ranked_table`.
        queries: columns id, wrong.

    Returns:
        Columns id, text, right, wrong; the best for the right completions first; NaN where none is asked about.
    """
    kinds = dict(zip(queries["id"], queries["wrong"].map({True: "wrong", False: "right"}), strict=True))
    rows = table[table["candidate"]].assign(kind=lambda rows: rows["query"].map(kinds))
    means = rows.pivot_table(index=["id", "text"], columns="kind", values="effect", sort=False)
    found = means.reindex(columns=["right", "wrong"]).sort_values("right", ascending=False, kind="stable")
    return found.reset_index().rename_axis(columns=None)
