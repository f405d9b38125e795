"""Attributions that need many trainings on random subsets, and what they cost."""

import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.special import expit

from influence_lab.attributions.datamodels import lasso_datamodels
from influence_lab.attributions.toy_influence import influence_by_root
from influence_lab.attributions.trak import Features, kernel, projection
from influence_lab.evaluations.toy_scores import chosen_average, chosen_trak
from influence_lab.models.retraining import one_thread, retrain
from influence_lab.models.retraining_work import Training, make_work
from influence_lab.models.toy import toy_network

Array = np.ndarray
Result = TypeVar("Result")
TIMED = 16  # retrainings that the cost of one is measured on


class Ensemble(NamedTuple):
    """One attribution from many networks.

    Attributes:
        matrix: shape (m, n).
        networks: trained for it.
        passes: networks whose gradients it takes.
        seconds: of processor time, trainings and gradients aside.
        peak_bytes: most memory of numpy's arrays during the fit, or for one network, trainings and gradients aside.
    """

    matrix: Array
    networks: int
    passes: int
    seconds: float
    peak_bytes: int


def toy_ensembles(
    data: dict[str, Array],
    subsets: dict[str, Array],
    trak: dict[str, Array],
    averaged: dict[str, Array],
    training: Training,
    targets: Array,
) -> dict[str, Array]:
    """Datamodels, TRAK and influence of many toy networks at α = 0.5.

    Args:
        data: arrays of `toy_data`.
        subsets: arrays of `subset_retrainings`.
        trak: arrays of `trak_by_models`, with `own_scores`.
        averaged: arrays of `influence_by_models`, with `own` and `dampings`.
        training: how the networks were trained.
        targets: indices of test points, shape (m,), the same as in `trak` and `averaged`.

    Returns:
        `methods`, names, shape (3,); `matrix` of shape (3, m, n); `networks`, `passes`, `seconds` and `peak_bytes` of
        shape (3,), see `Ensemble`. The algebra of TRAK and of influence is timed on one network and multiplied.
        `training_seconds`, of one training, the mean of 16. `blocks`, shape (b, m, n): datamodels of disjoint blocks of
        as many subsets as TRAK has models, and `block_seconds`, of one such fit.
    """
    masks, models = subsets["masks"].astype(float), int(trak["models"][-1])
    outputs = subsets["test_margins"][:, targets]
    with one_thread():
        seconds, _, _ = measured(lambda: _train(data, masks[:TIMED], training))
        fit_seconds, fit_peak, fitted = measured(lambda: lasso_datamodels(masks, outputs))
        found = {
            f"datamodels, {len(masks)} trainings": Ensemble(fitted.weights, len(masks), 0, fit_seconds, fit_peak)
        } | many_gradients(data, subsets["theta"][0], trak, averaged, training, targets)
        start = time.process_time()
        blocks = disjoint_datamodels(masks, outputs, models)
        block_seconds = time.process_time() - start
    return {
        "training_seconds": np.array(seconds / TIMED),
        "methods": np.array(list(found)),
        "matrix": np.stack([one.matrix for one in found.values()]).astype(np.float32),
        **{
            name: np.array([getattr(one, name) for one in found.values()])
            for name in ("networks", "passes", "seconds", "peak_bytes")
        },
        "blocks": blocks.astype(np.float32),
        "block_seconds": np.array(block_seconds / len(blocks)),
    }


def many_gradients(
    data: dict[str, Array],
    theta: Array,
    trak: dict[str, Array],
    averaged: dict[str, Array],
    training: Training,
    targets: Array,
) -> dict[str, Ensemble]:
    """TRAK and averaged influence with what their own models choose, timed on the network of one θ, shape (p,)."""
    models, network = int(trak["models"][-1]), toy_network(data, training, theta)
    dimension, _, trak_scores = chosen_trak(trak, models)
    damping, average = chosen_average(averaged, models)
    width = int(trak["dimensions"][dimension])
    tests = network.margin_gradients(data["X_test"][targets], data["y_test"][targets])
    logits, margins = network.logit_gradients(network.X), network.margins(network.X, network.y)
    p, signs = expit(network.logits(network.X)), 2 * network.y - 1

    def kernel_of_one() -> Array:
        matrix = projection(len(theta), width, seed=0)
        return kernel(Features(signs[:, None] * logits @ matrix, tests @ matrix, expit(-margins)))

    chosen = [float(averaged["dampings"][damping])]
    algebra, peak, _ = measured(kernel_of_one)
    solving, solve_peak, _ = measured(lambda: influence_by_root(tests, logits, p, network.y, chosen))
    return {
        f"TRAK, {models} models": Ensemble(trak_scores, models, models, models * algebra, peak),
        f"influence, {models} models": Ensemble(average, models, models, models * solving, solve_peak),
    }


def disjoint_datamodels(masks: Array, outputs: Array, size: int) -> Array:
    """Weights of datamodels fitted on each of the disjoint blocks of `size` subsets, shape (blocks, m, n)."""
    starts = range(0, len(masks) - size + 1, size)
    return np.stack([lasso_datamodels(masks[at : at + size], outputs[at : at + size]).weights for at in starts])


def measured(call: Callable[[], Result]) -> tuple[float, int, Result]:
    """Processor seconds of a call, then the peak of numpy's memory in a second one, and its result."""
    start = time.process_time()
    call()
    seconds = time.process_time() - start
    tracemalloc.start()
    try:
        result = call()
        return seconds, tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def _train(data: dict[str, Array], masks: Array, training: Training) -> Array:
    return retrain(make_work(data["X_train"], data["y_train"], masks, np.arange(len(masks))), training).parameters
