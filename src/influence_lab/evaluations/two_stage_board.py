"""How well scores through fine-tuning agree with two real stages of training, and by how much methods differ."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from influence_lab.attributions.two_stage_names import EKFAC, NEWTON
from influence_lab.evaluations.crossed_draws import Draws, drawn_correlations, widest
from influence_lab.evaluations.lds import rank_correlation
from influence_lab.evaluations.ranks import ceiling, half_correlations

Array = np.ndarray
Arrays = dict[str, Array]
FULL, SINGLE, CEILING = "full", "single_tuned", "ceiling"
RETRIEVAL = ("tfidf", "bm25", "embedding", "random")


def _methods(scores: Arrays) -> Arrays:
    return {name: each for name, each in scores.items() if "." in name or name in RETRIEVAL}


def _paired(scores: Array, truth: Arrays, metric: str) -> tuple[Array, Array]:
    """What is predicted and what happened, each (k, m): k halves for `lds`, k texts left out for `loo`."""
    if metric == "lds":
        return truth["masks"].astype(float) @ scores.T, truth["subset_outputs"]
    return scores.T[truth["removed"]], truth["effects"]


def board(scores: Sequence[Arrays], truths: Sequence[Arrays], draws: int, seed: int) -> pd.DataFrame:
    """A row for each metric and method.

    Args:
        scores: a seed each.
        truths: likewise.
        draws: bootstrap samples.
        seed: draws them.

    Returns:
        Columns `metric`: `lds` and `loo`, means over seeds and queries of each seed's scores against its own models,
        `lds_mean` and `loo_mean`, scores averaged over seeds against truths averaged over seeds; `curvature` (ekfac,
        newton, or "" for retrieval); `method`; `value`, `low`, `high`; `difference`, full formula less method, of the
        same curvature (EK-FAC for retrieval) and paired, with `difference_low` and `difference_high`; `queries`,
        `seeds`. Intervals: see `widest`.
    """
    found = []
    for metric in ("lds", "loo"):
        found += _rows(scores, truths, metric, metric, draws, seed)
        found += _rows([_mean(scores)], [_mean(truths)], metric, f"{metric}_mean", draws, seed)
        if len(truths) > 1:
            found += _ceilings(truths, metric)
    return pd.DataFrame(found)


def _mean(arrays: Sequence[Arrays]) -> Arrays:
    """Means over seeds; subsets and left-out texts are the same for all."""
    same = ("masks", "removed")
    return {name: arrays[0][name] if name in same else np.mean([one[name] for one in arrays], 0) for name in arrays[0]}


def _rows(
    scores: Sequence[Arrays], truths: Sequence[Arrays], metric: str, label: str, draws: int, seed: int
) -> list[dict[str, object]]:
    pairs = {
        name: [_paired(score[name], truth, metric) for score, truth in zip(scores, truths, strict=True)]
        for name in _methods(scores[0])
    }
    retrainings, queries = pairs[f"{EKFAC}.{FULL}"][0][0].shape
    drawn = Draws.of(len(scores), queries, retrainings, draws, seed)
    values = {
        name: np.stack([drawn_correlations(*pair, drawn.retrainings) for pair in each], axis=1)
        for name, each in pairs.items()
    }  # (1 + draws, S, m)
    rows = []
    for name, each in values.items():
        curvature, _, method = name.rpartition(".")
        apart = values[f"{curvature or EKFAC}.{FULL}"] - each
        measured = (*_widest_mean(each, drawn), *_widest_mean(apart, drawn))
        columns = ("value", "low", "high", "difference", "difference_low", "difference_high")
        rows.append(
            {"metric": label, "curvature": curvature, "method": method}
            | dict(zip(columns, measured, strict=True))
            | {"queries": queries, "seeds": len(scores)}
        )
    return rows


def _widest_mean(values: Array, drawn: Draws) -> tuple[float, float, float]:
    return widest(drawn.mean(values), values[0].mean(axis=1))


def _ceilings(truths: Sequence[Arrays], metric: str) -> list[dict[str, object]]:
    """What scores of the noiseless expected truth would reach, against one seed's truth and against the mean."""
    name = "subset_outputs" if metric == "lds" else "effects"
    agreed = float(np.mean(half_correlations(np.stack([truth[name].T for truth in truths]))))
    repeats, half = len(truths), len(truths) // 2
    single = max(agreed, 0.0) / (half - (half - 1) * max(agreed, 0.0))
    values = {metric: np.sqrt(single), f"{metric}_mean": float(ceiling(agreed, repeats))}
    return [{"metric": key, "curvature": "", "method": CEILING, "value": float(value)} for key, value in values.items()]


def seed_gains(scores: Sequence[Arrays], truths: Sequence[Arrays], curvature: str) -> list[float]:
    """Full formula less single-stage influence on the fine-tuned model, LDS, mean over queries, for each seed."""
    gains = []
    for score, truth in zip(scores, truths, strict=True):
        full, single = (
            rank_correlation(*_paired(score[f"{curvature}.{name}"], truth, "lds")) for name in (FULL, SINGLE)
        )
        gains.append(float((full - single).mean()))
    return gains


def gain(table: pd.DataFrame, curvature: str) -> dict[str, float | int]:
    """Full formula less single-stage influence on the fine-tuned model under the LDS: what claim A23 asks for."""
    rows = table[(table["metric"] == "lds") & (table["curvature"] == curvature)].set_index("method")
    apart, full = rows.loc[SINGLE], rows.loc[FULL]
    return {
        "gain": float(apart["difference"]),
        "low": float(apart["difference_low"]),
        "high": float(apart["difference_high"]),
        "queries": int(apart["queries"]),
        "seeds": int(apart["seeds"]),
        "full": float(full["value"]),
        "single": float(apart["value"]),
    }


def slopes(scores: Sequence[Arrays], truths: Sequence[Arrays], draws: int, seed: int) -> pd.DataFrame:
    r"""By how much log p really falls without a text, a nat of predicted fall: 1 where I/n has the right size.

    The slope is that of a line through 0, pooled over texts and queries. Intervals: see `widest`.

    Returns:
        Columns `metric` (slope), `curvature`, `method`, `value`, `low`, `high`.
    """
    found = []
    for name in (f"{curvature}.{method}" for curvature in (EKFAC, NEWTON) for method in (FULL, SINGLE)):
        pairs = [_paired(score[name], truth, "loo") for score, truth in zip(scores, truths, strict=True)]
        predicted, happened = (np.stack(side) for side in zip(*pairs, strict=True))
        predicted = predicted / scores[0][name].shape[1]
        drawn = Draws.of(len(scores), predicted.shape[2], predicted.shape[1], draws, seed)
        products, squares = (
            np.einsum("dk,skm->dsm", drawn.retrainings, predicted * each) for each in (happened, predicted)
        )
        by_seed = products[0].sum(axis=1) / squares[0].sum(axis=1)
        value, low, high = widest(drawn.mean(products) / drawn.mean(squares), by_seed)
        curvature, _, method = name.rpartition(".")
        found.append(("slope", curvature, method, value, low, high))
    return pd.DataFrame(found, columns=["metric", "curvature", "method", "value", "low", "high"])
