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
    "training_seconds": "of these, training",
    "gradient_seconds": "gradients",
    "peak_mb": "peak memory, MB",
}
COLUMNS = ["method", "metric", "mean", "half", "over", "count", "missing"]
CEILING = "noise ceiling"
FEWEST = 3  # solved responses of a seed, below which there is nothing to rank
EXPLICIT = "influence, G + λI"
FITTED = "influence, G + λ*I"
NO_GRADIENTS = ("representer points", "training loss", "random")
NO_NETWORK = ("random",)
DRAWS = 100  # bootstrap samples of an LDS


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
    methods: Sequence[str],
    matrix: Array,
    metric: str,
    judge: Callable[[list[int], list[Array]], tuple],
    failures: Array,
) -> list[tuple]:
    """A measure of every method that reads one network.

    Args:
        methods: K names.
        matrix: shape (S, K, m, n), NaN where there are no scores.
        metric: key of `METRICS`.
        judge: from seeds and their scores, each (m, n), to mean, half-width, what it is over, and the count.
        failures: shape (S, K).
    """
    rows = []
    for k, name in enumerate(methods):
        there = [seed for seed in range(len(matrix)) if np.isfinite(matrix[seed, k]).all()]
        if len(there) < 2:
            rows.append(missing(name, metric, reason(failures[:, k], "no score for test points")))
        else:
            rows.append((name, metric, *judge(there, [matrix[seed, k] for seed in there]), ""))
    return rows


def reason(failures: Array, otherwise: str) -> str:
    """Why there is no number: in how many seeds (S,) the method failed, or something else."""
    texts = [text for text in failures if text]
    return f"in {len(texts)} of {len(failures)} seeds not at a minimum: {texts[0]}" if texts else otherwise


def over_seeds(judge: Callable[[int, Array], Array]) -> Callable[[list[int], list[Array]], tuple]:
    """A judge by a measure of each seed, the mean over test points; its interval is over seeds."""

    def judged(seeds: list[int], scores: list[Array]) -> tuple:
        values = np.array([np.mean(judge(seed, tau)) for seed, tau in zip(seeds, scores, strict=True)])
        return row("", "", values, "seeds")[2:-1]

    return judged


def lds_judge(truths: Truths) -> Callable[[list[int], list[Array]], tuple]:
    """A judge by the LDS, the mean over scores of several draws; its interval is over subsets, test points and draws.

    The two parts of the variance add up: a bootstrap over subsets and test points of the mean, and the draws.
    """
    margins, masks = truths.margins.mean(axis=1), truths.masks

    def judged(draws: list[int], scores: list[Array]) -> tuple:
        predicted = [masks @ tau.T for tau in scores]  # once for all draws of rows

        def mean(rows: Array) -> Array:
            return np.mean([rank_correlation(margins[rows], one[rows]) for one in predicted], axis=0)

        value, half = subset_target_interval(mean, len(masks), draws=DRAWS)
        if len(scores) == 1:
            return value, half, "subsets and test points", 1
        single = [linear_datamodeling_score(margins, masks, tau).mean() for tau in scores]
        return value, float(np.hypot(half, mean_interval(single)[1])), "subsets, test points and draws", len(draws)

    return judged


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
            rows.append(
                missing(name, "mislabelled", reason(failures[:, k], "every point has the same cosine with itself"))
            )
    return rows


def cost_rows(scores: dict[str, Array], training_seconds: float, checkpoints: int) -> list[tuple]:
    """Seconds over seeds of training, gradients and all, and the peak of the first seed, of methods that gave scores.

    Every method is charged the training of the network that it reads, and the gradients there; TracIn at every
    checkpoint.
    """
    rows = []
    for k, name in enumerate(scores["methods"]):
        ran = scores["failures"][:, k] == ""
        if ran.sum() < 2:
            rows += [
                missing(name, metric, "no scores")
                for metric in ("seconds", "training_seconds", "gradient_seconds", "peak_mb")
            ]
            continue
        passes = 0 if name in NO_GRADIENTS else checkpoints if name == "TracIn" else 1
        gradients, training = passes * scores["gradient_seconds"][ran], training_seconds * (name not in NO_NETWORK)
        rows += [
            row(name, "seconds", scores["seconds"][ran, k] + gradients + training, "seeds"),
            (name, "training_seconds", training, np.nan, "", 1, ""),
            row(name, "gradient_seconds", gradients, "seeds"),
            (name, "peak_mb", scores["peak_bytes"][k] / 1e6, np.nan, "", 1, ""),
        ]
    return rows


def many_networks(scores: dict[str, Array], ensembles: dict[str, Array]) -> list[tuple[str, Array, Array, float]]:
    """What is computed from several networks.

    Returns:
        Name; draws of scores, shape (d, m, n); seconds of training, of gradients and of the rest; peak bytes.
    """
    place, seeds = list(scores["methods"]).index(FITTED), len(scores["matrix"])
    each, gradients = float(ensembles["training_seconds"]), float(scores["gradient_seconds"].mean())
    mean = scores["matrix"][:, place].astype(float).mean(axis=0)
    size = int(ensembles["networks"][1])  # TRAK's, as large as a block
    cost = [seeds * each, seeds * gradients, float(scores["seconds"][:, place].sum())]
    found = [(f"{FITTED}, {seeds} models", mean[None], np.array(cost), float(scores["peak_bytes"][place]))]
    for k, name in enumerate(ensembles["methods"].tolist()):
        cost = [ensembles["networks"][k] * each, ensembles["passes"][k] * gradients, ensembles["seconds"][k]]
        matrix = ensembles["matrix"][k].astype(float)[None]
        found.append((name, matrix, np.array(cost), float(ensembles["peak_bytes"][k])))
    cost = [size * each, 0.0, float(ensembles["block_seconds"])]
    blocks = ensembles["blocks"].astype(float)
    return [*found, (f"datamodels, {size} trainings", blocks, np.array(cost), np.nan)]


def loo_ceiling(loo: Array) -> tuple:
    """How well the noiseless effect of removal would do against the mean over seeds; bootstrap over test points.

    The mean is over all seeds, as for methods that read many networks; the others are judged by one seed fewer.

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


def scoreboard(scores: dict[str, Array], ensembles: dict[str, Array], truths: Truths, checkpoints: int) -> pd.DataFrame:
    """The whole table.

    Args:
        scores: arrays of `toy_attributions`.
        ensembles: arrays of `toy_ensembles`.
        truths: what they are compared with.
        checkpoints: that TracIn reads.

    Returns:
        Columns method, metric (a key of `METRICS`), mean, half (95 %), over (what the interval is over), count, and
        missing (why there is no number, or "").
    """
    methods, matrix, failures = scores["methods"], scores["matrix"].astype(float), scores["failures"]
    seeds = len(matrix)

    def against_loo(seed: int, tau: Array) -> Array:
        others = [other for other in range(seeds) if other != seed]
        return rank_correlation(tau.T, truths.loo[others].mean(axis=0).T)

    def against_pbrf(seed: int, tau: Array) -> Array:
        solved = truths.solved[seed]
        if solved.sum() < FEWEST:
            return np.full(len(tau), np.nan)
        return rank_correlation(tau[:, truths.points[seed][solved]].T, truths.pbrf[seed][:, solved].T)

    lds = lds_judge(truths)
    judges = {"loo": over_seeds(against_loo), "pbrf": over_seeds(against_pbrf), "lds": lds}
    rows = [
        entry for metric, judge in judges.items() for entry in agreement_rows(methods, matrix, metric, judge, failures)
    ]
    rows += mislabel_rows(methods, scores["own"], truths.wrong, scores["own_failures"])
    rows += cost_rows(scores, float(ensembles["training_seconds"]), checkpoints)
    for name, draws, cost, peak in many_networks(scores, ensembles):
        loo = np.mean([rank_correlation(tau.T, truths.loo.mean(axis=0).T) for tau in draws], axis=0)
        rows.append(row(name, "loo", loo, "test points"))
        pbrf = [np.mean([against_pbrf(seed, tau).mean() for tau in draws]) for seed in range(seeds)]
        rows.append(row(name, "pbrf", pbrf, "seeds"))
        rows.append((name, "lds", *lds(list(range(len(draws))), list(draws)), ""))
        rows.append(missing(name, "mislabelled", "would need many networks trained with the same wrong labels"))
        spent = {"seconds": cost.sum(), "training_seconds": cost[0], "gradient_seconds": cost[1]}
        rows += [(name, metric, value, np.nan, "", 1, "") for metric, value in spent.items()]
        rows.append(
            missing(name, "peak_mb", "as for the fit on all subsets, or less")
            if np.isnan(peak)
            else (name, "peak_mb", peak / 1e6, np.nan, "", 1, "")
        )
    rows += [loo_ceiling(truths.loo), lds_ceiling(truths.margins)]
    return pd.DataFrame(rows, columns=COLUMNS)
