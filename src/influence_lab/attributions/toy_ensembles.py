"""Attributions that need many trainings on random subsets, and what they cost."""

import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np

from influence_lab.attributions.datamodels import lasso_datamodels
from influence_lab.attributions.trak import features, kernel, projection
from influence_lab.evaluations.toy_scores import chosen_trak
from influence_lab.models.logistic_network import LogisticNetwork
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
        seconds: of processor time, the trainings included.
        peak_bytes: most memory of numpy's arrays during the fit, or for one network, the trainings aside.
    """

    matrix: Array
    seconds: float
    peak_bytes: int


def toy_ensembles(
    data: dict[str, Array],
    subsets: dict[str, Array],
    trak: dict[str, Array],
    training: Training,
    targets: Array,
    dimension: int,
) -> dict[str, Array]:
    """Datamodels and TRAK of the toy network at α = 0.5.

    Args:
        data: arrays of `toy_data`.
        subsets: arrays of `subset_retrainings`.
        trak: arrays of `trak_by_models`, with `own`.
        training: how the networks were trained.
        targets: indices of test points, shape (m,), the same as in `trak`.
        dimension: of the projection that TRAK's algebra is timed with.

    Returns:
        `methods`, names, shape (2,); `matrix` of shape (2, m, n), `seconds` and `peak_bytes` of shape (2,);
        `training_seconds`, of one training, the mean of 16. TRAK's algebra is timed on one network; both are multiplied
        by the number of networks.
    """
    masks, models = subsets["masks"].astype(float), int(trak["models"][-1])
    with one_thread():
        seconds, _, _ = measured(lambda: _train(data, masks[:TIMED], training))
        each = seconds / len(masks[:TIMED])
        datamodels = fit_datamodels(masks, subsets["test_margins"][:, targets], each)
        network = toy_network(data, training, subsets["theta"][0])
        X, y = data["X_test"][targets], data["y_test"][targets]
        _kernel_of_one(network, X, y, dimension)  # torch's first pass is not the cost of one among many
        algebra, peak, _ = measured(lambda: _kernel_of_one(network, X, y, dimension))
    found = {f"datamodels, {len(masks)} trainings": datamodels}
    found[f"TRAK, {models} models"] = Ensemble(chosen_trak(trak, models)[2], models * (each + algebra), peak)
    return {
        "training_seconds": np.array(each),
        "methods": np.array(list(found)),
        "matrix": np.stack([one.matrix for one in found.values()]).astype(np.float32),
        "seconds": np.array([one.seconds for one in found.values()]),
        "peak_bytes": np.array([one.peak_bytes for one in found.values()]),
    }


def fit_datamodels(masks: Array, outputs: Array, training_seconds: float) -> Ensemble:
    """LASSO on all subsets; masks of shape (k, n), outputs of shape (k, m)."""
    seconds, peak, fitted = measured(lambda: lasso_datamodels(masks, outputs))
    return Ensemble(fitted.weights, len(masks) * training_seconds + seconds, peak)


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


def _kernel_of_one(network: LogisticNetwork, X: Array, y: Array, dimension: int) -> Array:
    return kernel(features(network, X, y, projection(len(network.theta), dimension, seed=0)))
