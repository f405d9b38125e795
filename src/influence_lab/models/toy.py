"""The report's toy network: how it is trained, and its complete leave-one-out retraining over several seeds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_weights import leave_one_out
from influence_lab.models.retraining_work import Training, make_work

Array = np.ndarray

REGULARISATIONS = {"none": "none", "l1": "L1", "l2": "L2", "dropout": "dropout"}  # name: how a reader sees it


def toy_training(toy: dict[str, Any], **changes: Any) -> Training:
    """The training of the configuration's `toy` section, with fields of `Training` changed."""
    chosen = {name: toy[name] for name in ("epochs", "batch_size", "learning_rate")}
    return Training(**({"hidden": tuple(toy["hidden"])} | chosen | changes))


def toy_network(data: dict[str, Array], training: Training, theta: Array) -> LogisticNetwork:
    """A trained toy network from its flat θ, shape (p,), with the toy's training points."""
    X, y = data["X_train"], data["y_train"]
    return LogisticNetwork(training.network(X.shape[1]), np.asarray(theta, dtype=np.float64), X, y)


def regularised_trainings(toy: dict[str, Any], strengths: Mapping[str, float]) -> dict[str, Training]:
    """The report's four trainings of the toy network (its Fig. 6), by the keys of `REGULARISATIONS`.

    Args:
        toy: the configuration's section.
        strengths: γ of `l1`, λ of `l2` (weight decay) and the rate of `dropout`.
    """
    return {
        "none": toy_training(toy),
        "l1": toy_training(toy, l1=strengths["l1"]),
        "l2": toy_training(toy, decay=strengths["l2"]),
        "dropout": toy_training(toy, dropout=strengths["dropout"]),
    }


def regularised_networks(data: dict[str, Array], trainings: Mapping[str, Training], seeds: int) -> dict[str, Array]:
    """Train on all points with the seeds 0 to seeds − 1; for each training an array of shape (seeds, p)."""
    work = make_work(data["X_train"], data["y_train"], np.ones((seeds, len(data["X_train"]))), np.arange(seeds))
    return {name: retrain(work, training).parameters[:, -1] for name, training in trainings.items()}


def leave_one_out_retrainings(
    data: dict[str, Array], training: Training, seeds: int, threads: int = 1, folder: Path | str | None = None
) -> dict[str, Array]:
    """Train the toy network on all points and, from the same start and batch order, without each of them.

    Args:
        data: arrays of `toy_data`.
        training: how.
        seeds: starts and batch orders, 0 to seeds − 1.
        threads: processes.
        folder: where finished chunks are kept until the caller has stored the result.

    Returns:
        `theta`, shape (seeds, p): trained on all points. `theta_without`, shape (seeds, n, p): entry j without point j.
    """
    n = len(data["X_train"])
    weights = np.concatenate([np.ones((1, n)), leave_one_out(n)])  # (n + 1, n)
    work = make_work(data["X_train"], data["y_train"], np.tile(weights, (seeds, 1)), np.repeat(np.arange(seeds), n + 1))
    trained = retrain(work, training, threads, folder).parameters[:, -1].reshape(seeds, n + 1, -1)
    return {"theta": trained[:, 0], "theta_without": trained[:, 1:]}
