"""The scoreboard: every attribution method of the toy network by every measure, with intervals."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from influence_lab.evaluations.intervals import bootstrap_interval, mean_interval
from influence_lab.evaluations.lds import (
    linear_datamodeling_score,
    noise_ceiling,
    rank_correlation,
    subset_target_interval,
)
from influence_lab.evaluations.ranks import ceiling, half_correlations
from influence_lab.evaluations.retrieval import retrieval
from influence_lab.evaluations.toy_truths import Truths

Array = np.ndarray
METRICS = {  # name: how a reader sees it
    "loo": "correlation with leave-one-out",
    "pbrf": "correlation with PBRF",
    "lds": "LDS, α = 0.5",
    "mislabelled": "mislabelled points, average precision",
    "seconds": "processor seconds",
    "peak_mb": "peak memory, MB",
}
COLUMNS = ["method", "metric", "mean", "half", "over", "count", "missing"]
CEILING = "noise ceiling"
FEWEST = 3  # solved responses of a seed, below which there is nothing to rank
EXPLICIT = "influence, G + λI"


def row(method: str, metric: str, values: Sequence[float], over: str) -> tuple:
    """One entry of the table: mean and 95 % half-width over seeds or test points; undefined values left out."""
    values = np.asarray(values)[np.isfinite(values)]
    if len(values) < 2:
        return missing(method, metric, "fewer than two values")
    return (method, metric, *mean_interval(values), over, len(values), "")


def missing(method: str, metric: str, reason: str) -> tuple:
    """One entry without a number, and why."""
    return (method, metric, np.nan, np.nan, "", 0, reason)


def agreement_rows(
    methods: Sequence[str], matrix: Array, metric: str, judge: Callable[[int, Array], Array], failures: Array
) -> list[tuple]:
    """A measure of every method, seed by seed, each seed the mean over test points.

    Args:
        methods: K names.
        matrix: shape (S, K, m, n), NaN where there are no scores.
        metric: key of `METRICS`.
        judge: from a seed and scores (m, n) to one number a test point.
        failures: shape (S, K).
    """
    rows = []
    for k, name in enumerate(methods):
        there = [seed for seed in range(len(matrix)) if np.isfinite(matrix[seed, k]).all()]
        if len(there) < 2:
            reasons = [text for text in failures[:, k] if text]
            reason = (
                f"in {len(reasons)} of {len(matrix)} seeds not at a minimum: {reasons[0]}"
                if reasons
                else "no score for test points"
            )
            rows.append(missing(name, metric, reason))
        else:
            rows.append(row(name, metric, [np.mean(judge(seed, matrix[seed, k])) for seed in there], "seeds"))
    return rows


def mislabel_rows(methods: Sequence[str], own: Array, wrong: Array, failures: Array) -> list[tuple]:
    """Average precision of finding wrong labels by each method's own score of a training point.

    Args:
        methods: K names.
        own: shape (S, K, n), NaN where a method has none.
        wrong: shape (S, n).
        failures: shape (S, K).
    """
    rows = []
    for k, name in enumerate(methods):
        if np.isfinite(own[:, k]).all():
            found = [retrieval(scores, truth)[0] for scores, truth in zip(own[:, k], wrong, strict=True)]
            rows.append(row(name, "mislabelled", found, "seeds"))
        else:
            reason = (
                "as for the other measures" if failures[:, k].any() else "every point has the same cosine with itself"
            )
            rows.append(missing(name, "mislabelled", reason))
    return rows


def cost_rows(methods: Sequence[str], seconds: Array, peaks: Array, failures: Array) -> list[tuple]:
    """Processor seconds over seeds, and the peak of the first seed, of the methods that gave scores."""
    rows = []
    for k, name in enumerate(methods):
        if failures[:, k].any():
            rows += [missing(name, metric, "no scores") for metric in ("seconds", "peak_mb")]
        else:
            rows += [
                row(name, "seconds", seconds[:, k], "seeds"),
                (name, "peak_mb", peaks[k] / 1e6, np.nan, "", 1, ""),
            ]
    return rows


def many_networks(scores: dict[str, Array], ensembles: dict[str, Array]) -> list[tuple[str, Array, float, int]]:
    """Name, scores (m, n), seconds with the trainings, and peak bytes of what is computed from several networks."""
    place, seeds = int(np.flatnonzero(scores["methods"] == EXPLICIT)[0]), len(scores["matrix"])
    seconds = float(scores["seconds"][:, place].sum() + seeds * ensembles["training_seconds"])
    mean = scores["matrix"][:, place].astype(float).mean(axis=0)
    found = zip(
        ensembles["methods"].tolist(),
        ensembles["matrix"].astype(float),
        ensembles["seconds"].tolist(),
        ensembles["peak_bytes"].tolist(),
        strict=True,
    )
    return [(f"influence, {seeds} models", mean, seconds, int(scores["peak_bytes"][place])), *found]


def loo_ceiling(loo: Array) -> tuple:
    """How well the noiseless effect of removal would do against the mean over seeds; bootstrap over test points.

    Args:
        loo: shape (S, m, n).
    """
    halves = half_correlations(loo)[:, None]  # (m, 1)
    value = bootstrap_interval(lambda drawn: ceiling(drawn.mean(axis=(-2, -1)), len(loo)), halves)
    return (CEILING, "loo", *value, "test points", len(halves), "")


def lds_ceiling(margins: Array) -> tuple:
    """How well the expected margin given the subset would do; bootstrap over subsets and test points.

    Args:
        margins: shape (j, R, m).
    """
    value = subset_target_interval(lambda rows: noise_ceiling(margins[rows]), len(margins))
    return (CEILING, "lds", *value, "subsets and test points", margins.shape[2], "")


def scoreboard(scores: dict[str, Array], ensembles: dict[str, Array], truths: Truths) -> pd.DataFrame:
    """The whole table.

    Args:
        scores: arrays of `toy_attributions`.
        ensembles: arrays of `toy_ensembles`.
        truths: what they are compared with.

    Returns:
        Columns method, metric (a key of `METRICS`), mean, half (95 %), over (what the interval is over), count, and
        missing (why there is no number, or "").
    """
    methods, matrix, failures = scores["methods"], scores["matrix"].astype(float), scores["failures"]
    loo, margins = truths.loo.mean(axis=0), truths.margins.mean(axis=1)  # (m, n), (j, m)

    def against_pbrf(seed: int, tau: Array) -> Array:
        solved = truths.solved[seed]
        if solved.sum() < FEWEST:
            return np.full(len(tau), np.nan)
        return rank_correlation(tau[:, truths.points[seed][solved]].T, truths.pbrf[seed][:, solved].T)

    judges = {
        "loo": lambda seed, tau: rank_correlation(tau.T, loo.T),
        "pbrf": against_pbrf,
        "lds": lambda seed, tau: linear_datamodeling_score(margins, truths.masks, tau),
    }
    rows = [
        entry for metric, judge in judges.items() for entry in agreement_rows(methods, matrix, metric, judge, failures)
    ]
    rows += mislabel_rows(methods, scores["own"], truths.wrong, failures)
    rows += cost_rows(methods, scores["seconds"], scores["peak_bytes"], failures)
    for name, tau, seconds, peak in many_networks(scores, ensembles):
        rows.append(row(name, "loo", judges["loo"](0, tau), "test points"))
        rows.append(row(name, "pbrf", [judges["pbrf"](seed, tau).mean() for seed in range(len(matrix))], "seeds"))
        rows.append(row(name, "lds", judges["lds"](0, tau), "test points"))
        rows.append(missing(name, "mislabelled", "would need many networks trained with the same wrong labels"))
        rows.append((name, "seconds", seconds, np.nan, "", 1, ""))
        rows.append((name, "peak_mb", peak / 1e6, np.nan, "", 1, ""))
    rows += [loo_ceiling(truths.loo), lds_ceiling(truths.margins)]
    return pd.DataFrame(rows, columns=COLUMNS)
