"""The ranked table of the reader's texts, and which of them the page shows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

Array = np.ndarray


def ranked_table(texts: pd.DataFrame, queries: pd.DataFrame, scores: Mapping[str, Array]) -> pd.DataFrame:
    r"""Every text for every query, from the one that helped most to the one that harmed most.

    Candidates are not in the training set, so they have ranks of their own. The effect is what influence predicts for
    $f = \log p$ of the completion, with n training texts: $-\mathcal I/n$ for leaving a training text out,
    $+\mathcal I/n$ for adding a candidate.

    Args:
        texts: columns id, text, candidate; n training texts and any number of candidates.
        queries: column id.
        scores: `ekfac` (influence), `cosine` and `bm25`, each of shape (queries, texts).

    Returns:
        Columns query, candidate, rank (from 1), id, text, influence, effect (nats), cosine, bm25; bm25_rank like rank;
        row, the text's place in `texts`.
    """
    trained, tables = int((~texts["candidate"]).sum()), []
    for row, query in enumerate(queries["id"]):
        table = texts[["candidate", "id", "text"]].assign(
            query=query,
            influence=scores["ekfac"][row],
            cosine=scores["cosine"][row],
            bm25=scores["bm25"][row],
            row=np.arange(len(texts)),
        )
        table["effect"] = np.where(table["candidate"], 1, -1) * table["influence"] / trained
        groups = table.groupby("candidate")
        for rank, score in (("rank", "influence"), ("bm25_rank", "bm25")):
            table[rank] = groups[score].rank(method="first", ascending=False).astype(int)
        tables.append(table.sort_values(["candidate", "rank"]))
    columns = ["query", "candidate", "rank", "id", "text", "influence", "effect", "cosine", "bm25", "bm25_rank", "row"]
    return pd.concat(tables, ignore_index=True)[columns]


def ends(table: pd.DataFrame, each: int) -> pd.DataFrame:
    """Of the training texts of one query, those that helped most and those that harmed most, none twice.

    Args:
        table: the rows of one query.
        each: texts of either end.
    """
    trained = table[~table["candidate"]].sort_values("rank")
    return trained if len(trained) <= 2 * each else pd.concat([trained.head(each), trained.tail(each)])


def agreement(table: pd.DataFrame, top: int) -> pd.DataFrame:
    """How far influence and BM25 agree on the training texts of each query.

    Returns:
        Columns query, shared (of the `top` first texts of either, as a share), spearman (NaN where BM25 knows one
        value only).
    """
    found = []
    for query, rows in table[~table["candidate"]].groupby("query", sort=False):
        first, second = (set(rows.nsmallest(top, rank)["id"]) for rank in ("rank", "bm25_rank"))
        varied = rows["bm25"].nunique() > 1
        correlation = float(spearmanr(rows["influence"], rows["bm25"]).statistic) if varied else np.nan
        found.append({"query": query, "shared": len(first & second) / len(first), "spearman": correlation})
    return pd.DataFrame(found)


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
