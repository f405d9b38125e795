"""The small GPT's part of the scoreboard: every method against real retrainings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from influence_lab.evaluations.bootstrap_scores import over_subsets_and_queries
from influence_lab.evaluations.fact_tracing import relevance, tracing
from influence_lab.evaluations.lds import linear_datamodeling_score, rank_correlation
from influence_lab.evaluations.lm_rows import ceiling_row, query_rows, rows
from influence_lab.evaluations.ranks import ceiling, half_correlations

Array = np.ndarray


@dataclass(frozen=True)
class SmallTruths:
    """Real retrainings of S seeds.

    Attributes:
        masks: subsets, shape (k, n).
        outputs: log p after training on them, shape (S, k, m).
        removed: texts left out, shape (r,).
        effects: by how much log p fell without each, shape (S, r, m).
    """

    masks: Array
    outputs: Array
    removed: Array
    effects: Array


def small_truths(subsets: Sequence[dict[str, Array]], left_out: Sequence[dict[str, Array]]) -> SmallTruths:
    """Collect the artifacts of all seeds."""
    return SmallTruths(
        subsets[0]["masks"].astype(float),
        np.stack([each["outputs"] for each in subsets]).astype(float),
        left_out[0]["removed"],
        np.stack([each["base"] - each["outputs"] for each in left_out]).astype(float),
    )


def truth_rows(
    scores: Mapping[str, Array], truths: SmallTruths, model: str, draws: int, seed: int
) -> list[pd.DataFrame]:
    """LDS and leave-one-out correlation of every method.

    Args:
        scores: by method and seed, shape (S, m, n).
        truths: the retrainings.
        model: name of the rows.
        draws: bootstrap samples.
        seed: draws them.

    Returns:
        `lds` and `loo` of scores averaged over seeds against outputs averaged over seeds; `lds_single`, the mean over
        seeds of each seed's scores against its own outputs.
    """
    seeds, _, queries = truths.outputs.shape
    mean = {name: each.mean(axis=0) for name, each in scores.items()}
    lds = over_subsets_and_queries(truths.outputs.mean(axis=0), truths.masks, mean, draws, seed)
    singles = [
        over_subsets_and_queries(
            truths.outputs[s], truths.masks, {name: each[s] for name, each in scores.items()}, draws, seed
        )
        for s in range(seeds)
    ]
    effects = truths.effects.mean(axis=0)
    loo = {name: rank_correlation(each.T[truths.removed], effects) for name, each in mean.items()}
    found = [
        rows(lds, "lds", model, "subsets and queries", queries),
        rows(
            {name: np.mean([one[name] for one in singles], axis=0) for name in mean},
            "lds_single",
            model,
            "subsets and queries",
            queries,
        ),
        query_rows(loo, "loo", model, draws, seed),
    ]
    if seeds > 1:
        for metric, repeats in (("lds", truths.outputs), ("loo", truths.effects)):
            agreed = half_correlations(repeats.transpose(0, 2, 1)).mean()
            found.append(ceiling_row(float(ceiling(agreed, seeds)), metric, model, queries))
    return found


def tracing_rows(
    scores: Mapping[str, Array], facts: Array, stated: Array, prefix: str, model: str, depth: int, draws: int, seed: int
) -> list[pd.DataFrame]:
    """Precision and reciprocal rank of every method, over the queries whose fact some text states.

    Args:
        scores: by method, shape (m, n).
        facts: what each query asks for, shape (m,).
        stated: what each text states, shape (n,), "" for none.
        prefix: of the metrics' names.
        model: name of the rows.
        depth: k of the precision.
        draws: bootstrap samples.
        seed: draws them.
    """
    relevant = relevance(facts, stated)
    asked = relevant.any(axis=1)
    if not asked.any():
        return []
    by_method = {name: tracing(each[asked], relevant[asked], depth) for name, each in scores.items()}
    return [
        query_rows({name: each[metric] for name, each in by_method.items()}, prefix + metric, model, draws, seed)
        for metric in ("precision_k", "precision_carriers", "reciprocal_rank")
    ]


def newton_rows(
    scores: Mapping[str, Array], newton: dict[str, Array], truths: SmallTruths, model: str, draws: int, seed: int
) -> pd.DataFrame:
    """LDS on one seed and a few queries, for which there are scores with the Gauss-Newton matrix itself.

    The intervals are over queries, with the subsets as they were drawn.
    """
    chosen = newton["queries"]
    compared = {name: each[0][chosen] for name, each in scores.items()} | {"gauss_newton": newton["scores"]}
    outputs = truths.outputs[0][:, chosen]
    each = {name: linear_datamodeling_score(outputs, truths.masks, found) for name, found in compared.items()}
    return query_rows(each, "lds_newton", model, draws, seed)
