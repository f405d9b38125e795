"""The scoreboard of the language models: method × metric × model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from influence_lab.attributions.metering import Cost
from influence_lab.evaluations.lm_rows import query_rows, with_costs
from influence_lab.evaluations.small_gpt_scoreboard import newton_rows, small_truths, tracing_rows, truth_rows
from influence_lab.evaluations.top_removals import falls, spread_over, top_removals

Array = np.ndarray
METHODS = {  # name: how a reader sees it
    "ekfac": "EK-FAC influence",
    "kfac": "K-FAC influence",
    "relatif": "ℓ-RelatIF",
    "theta_relatif": "θ-RelatIF",
    "dot": "gradient dot product",
    "cosine": "gradient cosine",
    "tfidf": "TF-IDF",
    "bm25": "BM25",
    "embedding": "embedding",
    "random": "random",
}
LARGE = "SmolLM2"
SCOPES = {"mlp": "small GPT, MLP layers", "all": "small GPT, all linear layers"}
WHOLE = "small GPT, all parameters"


@dataclass(frozen=True)
class Judging:
    """How scores are judged: depth of lists, bootstrap samples, and the seed of these and of the order of ties."""

    depth: int
    draws: int
    seed: int


def language_scores_by_method(methods: Mapping[str, Array], retrieval: Mapping[str, Array]) -> dict[str, Array]:
    """Scores of SmolLM2's texts by method, each (queries, texts), from the two artifacts that hold them."""
    return {name: (methods if name in methods else retrieval)[name].astype(float) for name in METHODS}


def scores_by_method(artifacts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Scores of the small GPT by method and seed, (S, m, n)."""
    names = artifacts[0]["methods"].tolist()
    return {name: np.stack([each["scores"][k] for each in artifacts]) for k, name in enumerate(names)}


def mean_scores(artifacts: Sequence[Mapping[str, Array]], methods: Sequence[str]) -> dict[str, Array]:
    """Scores of some methods averaged over seeds, (m, n)."""
    return {name: each.mean(axis=0) for name, each in scores_by_method(artifacts).items() if name in methods}


def mean_costs(artifacts: Sequence[Mapping[str, Array]]) -> dict[str, Cost]:
    """Costs of one seed's scores: seconds averaged, memory the largest."""
    names = artifacts[0]["methods"].tolist()
    seconds = np.mean([each["seconds"] for each in artifacts], axis=0)
    peaks = np.max([each["peak_mb"] for each in artifacts], axis=0)
    return {name: Cost(float(seconds[k]), float(peaks[k])) for k, name in enumerate(names)}


def removal_queries(table: pd.DataFrame, count: int) -> list[int]:
    """Rows of some queries for true answers, evenly over the small corpus."""
    asked = table[table["split"] == "query"].reset_index(drop=True)
    right = np.flatnonzero(asked["carries"] != "")
    return right[spread_over(len(right), count)].tolist()


def small_gpt_table(
    table: pd.DataFrame,
    artifacts: Mapping[str, Sequence[dict[str, Array]]],
    subsets: Sequence[dict[str, Array]],
    left_out: Sequence[dict[str, Array]],
    removals: Sequence[dict[str, Array]],
    newton: dict[str, Array],
    how: Judging,
) -> pd.DataFrame:
    """The small GPT's rows, all columns.

    Args:
        table: the corpus.
        artifacts: `small_gpt_scores` of every seed, by scope.
        subsets: retrainings on subsets, by seed.
        left_out: leave-one-out retrainings, by seed.
        removals: retrainings without the top texts, by seed; for the scope `all`.
        newton: scores with the Gauss-Newton matrix itself.
        how: depth, draws, seed.
    """
    truths, found = small_truths(subsets, left_out), []
    train, asked = (table[table["split"] == split] for split in ("train", "query"))
    for scope, model in SCOPES.items():
        scores = scores_by_method(artifacts[scope])
        parts = truth_rows(scores, truths, model, how.draws, how.seed)
        mean = {name: each.mean(axis=0) for name, each in scores.items() if name in METHODS}
        for prefix, column in (("", "carries"), ("mistake_", "states_wrong")):
            facts, stated = asked[column].to_numpy(), train[column].to_numpy()
            parts += tracing_rows(mean, facts, stated, prefix, model, how.depth, how.draws, how.seed)
        if scope == "all":
            fallen = removal_falls(mean, removals, how)
            parts.append(query_rows(fallen, "removal", model, how.draws, how.seed))
        parts.append(newton_rows(scores, newton, truths, model, how.draws, how.seed))
        costs = mean_costs(artifacts[scope]) | {
            "gauss_newton": Cost(float(newton["seconds"]), float(newton["peak_mb"]))
        }
        found.append(with_costs(pd.concat(parts, ignore_index=True), costs))
    return pd.concat(found, ignore_index=True)


def removal_falls(scores: Mapping[str, Array], removals: Sequence[dict[str, Array]], how: Judging) -> dict[str, Array]:
    """By how much log p fell without the top texts, by method; shape (queries,), mean over seeds."""
    sets = top_removals(scores, removals[0]["queries"].tolist(), how.depth, how.seed)
    base, outputs = (np.stack([each[name] for each in removals]) for name in ("base", "outputs"))
    return falls(sets, base, outputs)


def language_table(
    scores: dict[str, Array],
    texts: pd.DataFrame,
    queries: pd.DataFrame,
    patches: pd.DataFrame,
    costs: pd.DataFrame,
    removals: dict[str, Array] | None,
    how: Judging,
) -> pd.DataFrame:
    """SmolLM2's rows, all columns.

    Args:
        scores: by method, shape (m, n).
        texts: training texts, columns carries and states_wrong.
        queries: columns kind and fact.
        patches: of the one-step tail-patch.
        costs: by method.
        removals: refits without the top texts, where there were any.
        how: depth, draws, seed.
    """
    parts = []
    asked = queries["kind"].isin(["fact", "mistake_true"]), queries["kind"] == "mistake_false"
    for prefix, column, chosen in zip(("", "mistake_"), ("carries", "states_wrong"), asked, strict=True):
        facts = queries["fact"].where(chosen, "").to_numpy()
        parts += tracing_rows(scores, facts, texts[column].to_numpy(), prefix, LARGE, how.depth, how.draws, how.seed)
    for metric in ("change", "first_order"):
        wide = patches.pivot(index="query", columns="method", values=metric)
        changes = {name: wide[name].to_numpy() for name in scores}
        parts.append(query_rows(changes, f"tail_patch_{metric}", LARGE, how.draws, how.seed))
    if removals is not None:
        fallen = removal_falls(scores, [removals], how)
        parts.append(query_rows(fallen, "removal", LARGE, how.draws, how.seed))
    by_method = {row.method: Cost(row.seconds, row.peak_mb) for row in costs.itertuples()}
    return with_costs(pd.concat(parts, ignore_index=True), by_method)
