"""How well scores through fine-tuning agree with two real stages of training, and by how much methods differ."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from influence_lab.attributions.two_stage_scores import EKFAC, NEWTON
from influence_lab.evaluations.bootstrap_scores import Samples, interval
from influence_lab.evaluations.lds import linear_datamodeling_score, rank_correlation
from influence_lab.evaluations.ranks import ceiling, half_correlations

Array = np.ndarray
Arrays = dict[str, Array]
FULL, SINGLE, CEILING = "full", "single_tuned", "ceiling"
RETRIEVAL = ("tfidf", "bm25", "embedding", "random")


def agreements(scores: Arrays, truth: Arrays, metric: str) -> Arrays:
    """Correlation with the truth of one seed, by method, one number a query.

    Args:
        scores: of `two_stage_methods`.
        truth: of `two_stage_truth`.
        metric: `lds` or `loo`.
    """
    rows = scores["newton_queries"]
    return {name: _agreement(each, _of(truth, name, rows), metric) for name, each in _methods(scores).items()}


def _agreement(scores: Array, truth: Arrays, metric: str) -> Array:
    if metric == "lds":
        return linear_datamodeling_score(truth["subset_outputs"], truth["masks"].astype(float), scores)
    return rank_correlation(scores.T[truth["removed"]], truth["effects"])


def _methods(scores: Arrays) -> Arrays:
    return {name: each for name, each in scores.items() if "." in name or name in RETRIEVAL}


def _of(truth: Arrays, method: str, rows: Array) -> Arrays:
    """The truth for the queries that a method scores."""
    if not method.startswith(NEWTON):
        return truth
    return truth | {name: truth[name][:, rows] for name in ("subset_outputs", "effects")}


def crossed(values: Array, draws: int, seed: int) -> Array:
    """Means of values (S, m) over seeds and queries, both drawn with replacement; the plain mean first.

    Args:
        values: a number for each seed and query.
        draws: bootstrap samples.
        seed: draws them, the same for the same shape: differences of methods are paired.

    Returns:
        Shape (1 + draws,).
    """
    rng, (seeds, queries) = np.random.default_rng(seed), values.shape
    rows, columns = rng.integers(seeds, size=(draws, seeds)), rng.integers(queries, size=(draws, queries))
    drawn = values[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2))
    return np.array([values.mean(), *drawn])


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
        same curvature (EK-FAC for retrieval) and paired over seeds and queries, with `difference_low` and
        `difference_high`; `queries`, `seeds`.
    """
    found = []
    for metric in ("lds", "loo"):
        each = [agreements(score, truth, metric) for score, truth in zip(scores, truths, strict=True)]
        values = {name: np.stack([one[name] for one in each]) for name in each[0]}
        found += _rows(values, metric, draws, seed)
        found += _rows(averaged(scores, truths, metric), f"{metric}_mean", draws, seed)
        if len(truths) > 1:
            found += _ceilings(truths, metric)
    return pd.DataFrame(found)


def averaged(scores: Sequence[Arrays], truths: Sequence[Arrays], metric: str) -> Arrays:
    """Correlation of scores averaged over seeds with truths averaged over seeds, by method, shape (1, queries)."""
    names = list(_methods(scores[0]))
    mean_scores = {name: np.mean([score[name] for score in scores], axis=0) for name in names}
    mean_truth = truths[0] | {
        name: np.mean([truth[name] for truth in truths], axis=0) for name in ("subset_outputs", "effects")
    }
    rows = {"newton_queries": scores[0]["newton_queries"]}
    return {name: each[None] for name, each in agreements(mean_scores | rows, mean_truth, metric).items()}


def _rows(values: Mapping[str, Array], metric: str, draws: int, seed: int) -> list[dict[str, object]]:
    samples: Samples = {name: crossed(each, draws, seed) for name, each in values.items()}
    rows = []
    for name, drawn in samples.items():
        curvature, _, method = name.rpartition(".")
        value, low, high = interval(drawn)
        reference = samples[f"{curvature or EKFAC}.{FULL}"]
        apart = interval(reference - drawn)
        seeds, queries = values[name].shape
        rows.append(
            {"metric": metric, "curvature": curvature, "method": method, "value": value, "low": low, "high": high}
            | dict(zip(("difference", "difference_low", "difference_high"), apart, strict=True))
            | {"queries": queries, "seeds": seeds}
        )
    return rows


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
    each = [agreements(score, truth, "lds") for score, truth in zip(scores, truths, strict=True)]
    return [float((one[f"{curvature}.{FULL}"] - one[f"{curvature}.{SINGLE}"]).mean()) for one in each]


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

    The slope is that of a line through 0, pooled over texts; seeds and queries are drawn with replacement.

    Returns:
        Columns `metric` (slope), `curvature`, `method`, `value`, `low`, `high`.
    """
    found = []
    for name in (f"{curvature}.{method}" for curvature in (EKFAC, NEWTON) for method in (FULL, SINGLE)):
        products, squares = [], []
        for score, truth in zip(scores, truths, strict=True):
            effects = _of(truth, name, score["newton_queries"])["effects"]
            predicted = score[name].T[truth["removed"]] / score[name].shape[1]
            products.append((predicted * effects).sum(axis=0))
            squares.append((predicted**2).sum(axis=0))
        ratio = crossed(np.stack(products), draws, seed) / crossed(np.stack(squares), draws, seed)
        value, low, high = interval(ratio)
        curvature, _, method = name.rpartition(".")
        found.append(("slope", curvature, method, value, low, high))
    return pd.DataFrame(found, columns=["metric", "curvature", "method", "value", "low", "high"])
