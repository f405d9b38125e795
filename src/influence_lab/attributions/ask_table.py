"""The ranked table of the reader's texts, and the two ends of a question's list."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

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
