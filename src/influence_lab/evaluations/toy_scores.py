"""LDS of every method of page 06_datamodels_trak on the held-out subsets of the toy network."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from influence_lab.attributions.toy_datamodels import influence_limit
from influence_lab.attributions.toy_trak import KEPT_SHARES
from influence_lab.attributions.trak import soft_threshold
from influence_lab.evaluations.lds import noise_ceiling, rank_correlation, subset_target_interval

Array = np.ndarray
Arrays = Mapping[str, Array]
FEWEST_MODELS = 10  # below, a choice by the LDS on TRAK's own models means nothing


class HeldOut(NamedTuple):
    """Held-out subsets and what networks trained on them give on the targets.

    Attributes:
        masks: shape (j, n).
        outputs: margins of r trainings, shape (j, r, m).
    """

    masks: Array
    outputs: Array

    def lds(self, weights: Array) -> Callable[[Array], Array]:
        """From rows of subsets to the LDS of each target on them, against the mean of the trainings, shape (m,)."""
        means, predicted = self.outputs.mean(axis=1), self.masks @ weights.T  # once for all draws of rows
        return lambda rows: rank_correlation(means[rows], predicted[rows])

    def mean(self, weights: Array) -> float:
        """LDS on all subsets, mean over targets."""
        return float(self.lds(weights)(np.arange(len(self.masks))).mean())

    def score(self, weights: Array) -> tuple[float, float]:
        """LDS, mean over targets, and its 95 % interval over subsets and targets."""
        return self.interval(self.lds(weights))

    def difference(self, first: Array, second: Array) -> tuple[float, float]:
        """LDS of the first weights minus that of the second, paired over subsets and targets, with its interval."""
        one, other = self.lds(first), self.lds(second)
        return self.interval(lambda rows: one(rows) - other(rows))

    def ceiling(self) -> tuple[float, float]:
        """Noise ceiling, mean over targets, with its interval."""
        return self.interval(lambda rows: noise_ceiling(self.outputs[rows]))

    def over_ceiling(self, weights: Array) -> tuple[float, float]:
        """LDS over the noise ceiling, both means over targets, with its interval."""
        score = self.lds(weights)
        return self.interval(lambda rows: score(rows) / noise_ceiling(self.outputs[rows]).mean())

    def interval(self, statistic: Callable[[Array], Array]) -> tuple[float, float]:
        """Mean over targets and its interval over subsets and targets."""
        return subset_target_interval(statistic, len(self.masks))


def held_out_targets(stored: Arrays, targets: Array) -> HeldOut:
    """From arrays of `held_out_retrainings` and indices of test points."""
    return HeldOut(stored["masks"].astype(float), stored["test_margins"][:, :, targets].astype(float))


def chosen_trak(trak: Arrays, count: int) -> tuple[int, float, Array]:
    """Dimension's place, kept share and scores (m, n) that do best on TRAK's own `count` models."""
    place = int(np.flatnonzero(trak["models"] == count)[0])
    own = trak["own_scores"][:, place]
    dimension, threshold = np.unravel_index(own.argmax(), own.shape)
    kept = KEPT_SHARES[threshold]
    return int(dimension), kept, soft_threshold(trak["scores"][dimension, place], kept)


def chosen_newton(trak: Arrays, count: int) -> tuple[int, Array]:
    """Dimension's place and scores (m, n), R and leverages kept, that do best on its own `count` models."""
    place = int(np.flatnonzero(trak["models"] == count)[0])
    dimension = int(trak["own_newton"][:, place, 0].argmax())
    return dimension, trak["newton"][dimension, place]


def chosen_average(averaged: Arrays, count: int) -> tuple[int, Array]:
    """Damping's place and averaged influence (m, n) that does best on its own `count` models."""
    place = int(np.flatnonzero(averaged["models"] == count)[0])
    damping = int(averaged["own"][place].argmax())
    return damping, averaged["scores"][damping, place]


def toy_scores(
    held_out: Mapping[str, Arrays],
    datamodels: Mapping[str, Arrays],
    influence: Arrays,
    trak: Arrays,
    averaged: Arrays,
) -> pd.DataFrame:
    """LDS with intervals of all methods.

    Args:
        held_out: by α, arrays of `held_out_retrainings`.
        datamodels: by α, arrays of `fit_toy_datamodels`.
        influence: `targets`, `weights` and `damping_scores`.
        trak: arrays of `trak_by_models`, with `own_scores` and `own_newton`.
        averaged: arrays of `influence_by_models`, with `own`.

    Returns:
        Columns `alpha`; `method`: ceiling, retraining, influence (LASSO), limit (the influence matrix), gap (retraining
        less influence, paired), trak, newton and averaged (each with what its own models choose), trak_d and newton_d
        (dimension d without threshold); `size`: subsets or models; `mean`; `half`.
    """
    targets, rows = influence["targets"], []
    limit = influence_limit(influence)[: len(targets)]
    for alpha, stored in held_out.items():
        judge, fitted = held_out_targets(stored, targets), datamodels[alpha]
        rows.append((float(alpha), "ceiling", 0, *judge.ceiling()))
        rows.append((float(alpha), "limit", 0, *judge.score(limit)))
        for kind in ("retraining", "influence"):
            for size, weights in zip(fitted["sizes"], fitted[kind], strict=True):
                rows.append((float(alpha), kind, int(size), *judge.score(weights[: len(targets)])))
        for size, *pair in zip(fitted["sizes"], fitted["retraining"], fitted["influence"], strict=True):
            gap = judge.difference(*(weights[: len(targets)] for weights in pair))
            rows.append((float(alpha), "gap", int(size), *gap))
    judge = held_out_targets(held_out["0.5"], targets)
    for place, count in enumerate(trak["models"]):
        for number in range(len(trak["scores"])):
            for method in ("trak", "newton"):
                weights = trak["scores" if method == "trak" else "newton"][number, place]
                rows.append((0.5, f"{method}_{number}", int(count), *judge.score(weights)))
        if count >= FEWEST_MODELS:
            rows.append((0.5, "trak", int(count), *judge.score(chosen_trak(trak, int(count))[-1])))
            rows.append((0.5, "newton", int(count), *judge.score(chosen_newton(trak, int(count))[-1])))
            rows.append((0.5, "averaged", int(count), *judge.score(chosen_average(averaged, int(count))[-1])))
    return pd.DataFrame(rows, columns=["alpha", "method", "size", "mean", "half"])
