"""The ranked table of the reader's texts, and which of them the page shows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from influence_lab.input_errors import InputError

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
        Columns query, candidate, rank (from 1), id, text, influence, effect (nats), cosine, bm25; bm25_rank like rank,
        the mean of their ranks for texts that share a score; row, the text's place in `texts`.

    Raises:
        InputError: an influence is not finite.
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
        _check_finite(query, table)
        groups = table.groupby("candidate")
        table["rank"] = groups["influence"].rank(method="first", ascending=False).astype(int)
        table["bm25_rank"] = groups["bm25"].rank(method="average", ascending=False)
        tables.append(table.sort_values(["candidate", "rank"]))
    columns = ["query", "candidate", "rank", "id", "text", "influence", "effect", "cosine", "bm25", "bm25_rank", "row"]
    return pd.concat(tables, ignore_index=True)[columns]


def _check_finite(query: str, table: pd.DataFrame) -> None:
    bad = table[~np.isfinite(table["influence"])]
    if len(bad):
        raise InputError(
            f"the influence of {len(bad)} of {len(table)} texts on question {query!r} is not a finite number, of "
            f"{bad['id'].iloc[0]!r} to begin with: the model has diverged or cannot be inverted; lower "
            "ask.learning_rate, or raise ask.damping"
        )


def ends(table: pd.DataFrame, each: int) -> pd.DataFrame:
    """Of the training texts of one query, as many from the beginning of the list as from its end, none twice.

    Args:
        table: the rows of one query.
        each: texts of either end.
    """
    trained = table[~table["candidate"]].sort_values("rank")
    return trained if len(trained) <= 2 * each else pd.concat([trained.head(each), trained.tail(each)])


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
