"""The four models of the theory pages, on the data of `influence_lab.data.theory`."""

from typing import NamedTuple

import numpy as np

from influence_lab.models.network import TanhNetwork
from influence_lab.models.problem import Array, Problem
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LinearRegression, LogisticRegression
from influence_lab.models.softmax import SoftmaxRegression

MODELS = {
    "linear": "Linear regression",
    "ridge": "Ridge regression",
    "logistic": "Logistic regression",
    "network": "tanh network",
}
QUADRATIC = ("linear", "ridge")
_DATA_OF = {"linear": "diabetes", "ridge": "diabetes", "logistic": "cancer", "network": "subset"}


class Trained(NamedTuple):
    """A training problem, its minimiser θ̂ (p,) and its held-out rows."""

    problem: Problem
    theta: Array
    X_test: Array
    y_test: Array


def train_theory(data: dict[str, Array], ridge: float, weight_decay: float, hidden: int, seed: int) -> dict[str, Array]:
    """Minimise the mean loss of each model from zero, or for the network from random parameters.

    Args:
        data: arrays of `theory_data`.
        ridge: λ of ridge regression.
        weight_decay: λ of the network.
        hidden: tanh units of the network.
        seed: draws the network's start.

    Returns:
        `{model}_theta` (p,), `{model}_gradient_norm`, `{model}_decay`, and `hidden`.

    Raises:
        NotConvergedError: a gradient norm stays above 1e-12.
    """
    arrays = {"hidden": np.array(hidden)}
    for name, decay in zip(MODELS, (0.0, ridge, 0.0, weight_decay), strict=True):
        problem = _problem(name, data, decay, hidden)
        start = problem.start(seed) if isinstance(problem, TanhNetwork) else np.zeros(problem.size)
        fit = minimise(problem, start)
        arrays[f"{name}_theta"] = fit.theta
        arrays[f"{name}_gradient_norm"] = np.array(fit.gradient_norm)
        arrays[f"{name}_decay"] = np.array(decay)
    return arrays


def load_theory(data: dict[str, Array], models: dict[str, Array]) -> dict[str, Trained]:
    """The trained models by name, from the arrays of `theory_data` and `train_theory`."""
    return {
        name: Trained(
            _problem(name, data, float(models[f"{name}_decay"]), int(models["hidden"])),
            models[f"{name}_theta"],
            data[f"{_DATA_OF[name]}_X_test"],
            data[f"{_DATA_OF[name]}_y_test"],
        )
        for name in MODELS
    }


def train_softmax(data: dict[str, Array]) -> Trained:
    """Softmax regression on the wine data, without a regulariser: a minimiser of the mean loss, one of many."""
    problem = SoftmaxRegression(data["wine_X_train"], data["wine_y_train"])
    theta = minimise(problem, np.zeros(problem.size)).theta
    return Trained(problem, theta, data["wine_X_test"], data["wine_y_test"])


def _problem(name: str, data: dict[str, Array], decay: float, hidden: int) -> Problem:
    X, y = data[f"{_DATA_OF[name]}_X_train"], data[f"{_DATA_OF[name]}_y_train"]
    if name == "network":
        return TanhNetwork(X, y, decay, hidden)
    return (LogisticRegression if name == "logistic" else LinearRegression)(X, y, decay)
