"""The complete leave-one-out matrix of the toy network, computed twice: how many trainings, and are they the same?"""

from typing import Any

import numpy as np

from influence_lab.models.retraining import logistic_losses, retrain
from influence_lab.models.retraining_weights import leave_one_out
from influence_lab.models.retraining_work import make_work
from influence_lab.models.toy import toy_training

Array = np.ndarray


def repeated_leave_one_out(data: dict[str, Array], toy: dict[str, Any], threads: int) -> dict[str, Array]:
    """Definition 2.1 for every pair, in float64, in two runs with the same seed and batch orders.

    The second run trains the models in the reverse order and in other chunks, so that it is not the same sequence
    of machine instructions.

    Args:
        data: arrays of `toy_data`.
        toy: the configuration's section.
        threads: processes.

    Returns:
        `matrix` (n, n + m), entry (j, i) the loss at point i after training without j minus that with all, the training
        points first, then the test points; `repeated`, the same of the second run; `trainings`, how many each trained.
    """
    X, y, n = data["X_train"], data["y_train"], len(data["X_train"])
    training = toy_training(toy, precision="float64")
    work = make_work(X, y, np.concatenate([np.ones((1, n)), leave_one_out(n)]))
    points = np.concatenate([X, data["X_test"]]), np.concatenate([y, data["y_test"]])
    matrices, trainings = [], []
    for order, chunk in ((np.arange(n + 1), 32), (np.arange(n + 1)[::-1], 24)):
        trained = retrain(work.models(order), training, threads, chunk=chunk).parameters[:, -1]
        losses = logistic_losses(trained[np.argsort(order)], training, *points)
        matrices.append(losses[1:] - losses[0])
        trainings.append(len(trained))
    return {"matrix": matrices[0], "repeated": matrices[1], "trainings": np.array(trainings)}
