"""What influence is measured on: a test loss, or any function f of the model."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from influence_lab.models.problem import Array, Problem


@dataclass(frozen=True)
class Measurement:
    """A function of the parameters with its gradient."""

    name: str
    value: Callable[[Array], float]
    gradient: Callable[[Array], Array]


def measurements(problem: Problem, X_test: Array, y_test: Array) -> list[Measurement]:
    """The loss of the first test row, the mean prediction over all of them, and the difference of the first two.

    Args:
        problem: gives losses and predictions.
        X_test: shape (m, d), m ≥ 2.
        y_test: shape (m,).
    """
    one = (X_test[:1], y_test[:1])
    mean = np.full(len(X_test), 1 / len(X_test))
    difference = np.zeros(len(X_test))
    difference[:2] = 1, -1

    def of_predictions(name: str, weights: Array) -> Measurement:
        return Measurement(
            name,
            lambda theta: float(weights @ problem.predictions(theta, X_test)),
            lambda theta: weights @ problem.prediction_gradients(theta, X_test),
        )

    loss = Measurement(
        "loss",
        lambda theta: float(problem.losses(theta, *one)[0]),
        lambda theta: problem.gradients(theta, *one)[0],
    )
    return [loss, of_predictions("mean", mean), of_predictions("difference", difference)]
