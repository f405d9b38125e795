"""Tables of page 06_datamodels_trak: what was trained, influence as a datamodel, embeddings, and the steps of TRAK."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from influence_lab.attributions.datamodels import bernoulli_masks, least_squares_datamodels
from influence_lab.attributions.groups import removal_effects
from influence_lab.attributions.trak import ensemble
from influence_lab.evaluations import embeddings
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.evaluations.toy_scores import HeldOut
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.retraining_weights import random_subsets

Array = np.ndarray
Arrays = Mapping[str, Array]
KINDS = ("retraining", "influence")


def subset_table(
    trained: Mapping[float, Arrays],
    judged: Mapping[float, Arrays],
    ceilings: Mapping[float, tuple[float, float]],
) -> pd.DataFrame:
    """What was trained for each α, with Adam's steps in one training, and the noise ceiling of its judges."""
    rows = []
    for alpha, arrays in trained.items():
        rows.append(
            {
                "α": alpha,
                "subsets, one training each": len(arrays["masks"]),
                "held-out subsets × trainings": "{} × {}".format(*judged[alpha]["test_margins"].shape[:2]),
                "Adam's steps": int(arrays["steps"]),
                "test accuracy": np.mean(arrays["test_margins"] > 0),
                "noise ceiling": plus_minus(ceilings[alpha], 3),
            }
        )
    return pd.DataFrame(rows)


def influence_margins(networks: Sequence[LogisticNetwork], X: Array, y: Array, damping: float, masks: Array) -> Array:
    r"""Margins predicted to first order, $f(z; \hat\theta) - \frac1n\sum_{i \notin S} I_i(z)$, mean over networks.

    Args:
        networks: trained on all n points.
        X: inputs of the measured points, shape (m, inputs).
        y: their labels, shape (m,).
        damping: λ of G + λI.
        masks: of the subsets S, shape (k, n).

    Returns:
        Shape (k, m).
    """
    predicted = []
    for network in networks:
        curvature = network.gauss_newton() + damping * np.eye(len(network.theta))
        change = removal_effects(1 - masks, network.margin_gradients(X, y), network.train_gradients, curvature)
        predicted.append(network.margins(X, y) + change)
    return np.mean(predicted, axis=0)


def closed_form_table(
    limit: Array, networks: Sequence[LogisticNetwork], X: Array, y: Array, damping: float
) -> pd.DataFrame:
    """How far datamodels of influence, fitted by least squares on k subsets, are from the influence matrix over n.

    Args:
        limit: that matrix, shape (m, n).
        networks: trained on all points, with which the margins of subsets are predicted.
        X: inputs of the m points.
        y: their labels.
        damping: λ.

    Returns:
        Columns `k`, `masks`, `distance` (relative, Frobenius norm) and `free`, the same after the best constant for
        each row.
    """
    n, size, rows = limit.shape[1], np.linalg.norm(limit), []
    counts = (*(few for few in (50, 100, 200) if few < n), n + 1, 2 * n)
    draws = {"Bernoulli": bernoulli_masks, "fixed size": random_subsets}
    cases = [(count, text, draw(n, 0.5, count, seed=0)) for count in counts for text, draw in draws.items()]
    predicted = influence_margins(networks, X, y, damping, np.concatenate([masks for *_, masks in cases]))
    ends = np.cumsum([count for count, *_ in cases])
    for (count, text, masks), outputs in zip(cases, np.split(predicted, ends[:-1]), strict=True):
        gap = limit - least_squares_datamodels(masks, outputs).weights
        free = gap - gap.mean(axis=1, keepdims=True)
        rows.append((count, text, np.linalg.norm(gap) / size, np.linalg.norm(free) / size))
    return pd.DataFrame(rows, columns=["k", "masks", "distance", "free"])


def damping_table(influence: Arrays, judge: HeldOut, picked: int) -> pd.DataFrame:
    """LDS of influence by damping: on the subsets that choose it, and on those held out, one network and the mean."""
    rows, count = [], len(influence["targets"])
    for place, (damping, per_network, weights) in enumerate(
        zip(influence["dampings"], influence["damping_scores"], influence["weights"], strict=True)
    ):
        single = [judge.mean(one[:count]) for one in weights]
        rows.append(
            {
                "λ": damping,
                "subsets that choose, one network": plus_minus(mean_interval(per_network), 3),
                "held out, one network": plus_minus(mean_interval(single), 3),
                "held out, mean of the networks": plus_minus(judge.score(weights.mean(axis=0)[:count]), 3),
                "taken": "✓" if place == picked else "",
            }
        )
    return pd.DataFrame(rows)


def scores_at_equal_repeats(
    judges: Mapping[float, HeldOut], fitted: Mapping[float, Arrays], limit: Array
) -> tuple[pd.DataFrame, dict[float, tuple[float, float]]]:
    """LDS of the largest fits at every α, each judged by the same number of trainings of a held-out subset.

    With more trainings there is less noise in what is to be predicted, and ceiling and LDS are higher.

    Args:
        judges: by α.
        fitted: by α, arrays of `fit_toy_datamodels`.
        limit: influence matrix over n for the targets, shape (m, n).

    Returns:
        Columns `alpha`, `method` (ceiling, retraining, influence, limit), `mean`, `half`; and by α retraining less
        influence, paired.
    """
    repeats, rows, gaps = min(judge.outputs.shape[1] for judge in judges.values()), [], {}
    for alpha, judge in judges.items():
        equal = judge._replace(outputs=judge.outputs[:, :repeats])
        weights = {kind: fitted[alpha][kind][-1][: len(limit)] for kind in KINDS} | {"limit": limit}
        rows.append((alpha, "ceiling", *equal.ceiling()))
        rows += [(alpha, name, *equal.score(one)) for name, one in weights.items()]
        gaps[alpha] = equal.difference(*(weights[kind] for kind in KINDS))
    return pd.DataFrame(rows, columns=["alpha", "method", "mean", "half"]), gaps


def separation_table(fitted: Mapping[float, Arrays], clusters: Array, limit: Array) -> pd.DataFrame:
    """How well a linear classifier tells two clusters apart by the principal components of datamodels.

    Args:
        fitted: by α, arrays of `fit_toy_datamodels`; the last rows of weights are the embedded points.
        clusters: of the embedded points, shape (e,).
        limit: influence matrix over n for the embedded points, shape (e, n); the last row of the table, without α.

    Returns:
        Columns `alpha`, `kind`, `size`, `mean` and `half` from four components, `plane` and `plane_half` from the first
        two, `zeros`, the share of weights that are zero.
    """
    rows = [
        (alpha, kind, int(size), *_separation(weights[-len(clusters) :], clusters))
        for alpha, arrays in fitted.items()
        for kind in KINDS
        for size, weights in zip(arrays["sizes"], arrays[kind], strict=True)
    ]
    rows.append((np.nan, "limit", 0, *_separation(limit, clusters)))
    return pd.DataFrame(rows, columns=["alpha", "kind", "size", "mean", "half", "plane", "plane_half", "zeros"])


def _separation(weights: Array, clusters: Array) -> tuple[float, ...]:
    scores = embeddings.principal_components(weights).scores
    accuracies = (
        embeddings.balanced_accuracy(embeddings.right_guesses(part, clusters), clusters)
        for part in (scores, scores[:, :2])
    )
    return (*(number for pair in accuracies for number in pair), float(np.mean(weights == 0)))


def origin_table(datamodels: Mapping[str, Array], clusters: Array, train_clusters: Array) -> pd.DataFrame:
    """From which part of the data the weights of red points come.

    Args:
        datamodels: by name, weights of the embedded points, shape (e, n).
        clusters: of the embedded points, 0 or 1.
        train_clusters: of the training points; −1 is blue.
    """

    def mean(weights: Array, other: int) -> float:
        discs = (weights[clusters == disc][:, train_clusters == abs(disc - other)] for disc in (0, 1))
        return float(np.mean([part.mean() for part in discs]))

    rows = [
        {
            "datamodel": name,
            "from its own disc": mean(weights, 0),
            "from the other disc": mean(weights, 1),
            "from the blue points": weights[:, train_clusters == -1].mean(),
            "weights that are zero": f"{np.mean(weights == 0):.0%}",
        }
        for name, weights in datamodels.items()
    ]
    return pd.DataFrame(rows)


def gain_over_blocks(judge: HeldOut, scores: Array, blocks: Array) -> tuple[float, float]:
    """LDS of some scores less the mean LDS of datamodels from several disjoint blocks of subsets, with its interval.

    Its variance is that of subsets and targets, by bootstrap, and that of the blocks, Student's t.

    Args:
        judge: held-out subsets.
        scores: shape (m, n).
        blocks: shape (b, m, n).
    """
    own, others = judge.lds(scores), [judge.lds(block) for block in blocks]
    value, half = judge.interval(lambda rows: own(rows) - np.mean([other(rows) for other in others], axis=0))
    spread = mean_interval([judge.mean(block) for block in blocks])[1]
    return value, float(np.hypot(half, spread))


def traker_table(traker: Arrays) -> pd.DataFrame:
    """Pearson correlation of our scores with traker's, for each dimension.

    Args:
        traker: arrays of the rule `toy_traker`.

    Returns:
        Columns `dimension`; `alone`, the worst of the models alone; `rescaled`, all models, ours weighted as the
        package does; `literal`, all models, ours as the formula says.
    """
    rows, wrong = [], traker["wrong"]
    for place, dimension in enumerate(traker["dimensions"]):
        kernels, together = traker["kernels"][place], traker["traker_together"][place]
        pairs = zip(kernels, wrong, traker["traker_alone"][place], strict=True)
        alone = [_pearson(ensemble(one[None], errors[None]), theirs) for one, errors, theirs in pairs]
        rescaled = ensemble(kernels / traker["scales"][place][:, None, None], wrong)
        rows.append(
            (int(dimension), min(alone), _pearson(rescaled, together), _pearson(ensemble(kernels, wrong), together))
        )
    return pd.DataFrame(rows, columns=["dimension", "alone", "rescaled", "literal"])


def _pearson(first: Array, second: Array) -> float:
    return float(np.corrcoef(np.ravel(first), np.ravel(second))[0, 1])
