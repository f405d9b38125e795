"""The models of the page on relative influence: one for each world, seed and set of labels, trained to a minimum."""

from typing import NamedTuple

import numpy as np

from influence_lab.data.relative_influence import WORLDS
from influence_lab.models.network import TanhNetwork
from influence_lab.models.problem import Array, Problem
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.softmax import SoftmaxRegression

LABELS = ("train", "flipped")


class World(NamedTuple):
    """A training problem with its start, its minimiser θ̂ and the smallest eigenvalue of H there, and held-out rows."""

    problem: Problem
    start: Array
    theta: Array
    curvature: float
    X_test: Array
    y_test: Array

    @property
    def gradients(self) -> Array:
        """g_i at θ̂, without the regulariser, shape (n, p)."""
        return self.problem.gradients(self.theta, self.problem.X, self.problem.y)

    @property
    def test_gradients(self) -> Array:
        """Gradients of the test losses at θ̂, shape (m, p)."""
        return self.problem.gradients(self.theta, self.X_test, self.y_test)

    @property
    def losses(self) -> Array:
        """Training losses at θ̂, shape (n,)."""
        return self.problem.losses(self.theta, self.problem.X, self.problem.y)

    @property
    def hessian(self) -> Array:
        """H of the objective at θ̂, the regulariser included, shape (p, p)."""
        return self.problem.hessian(self.theta, self.problem.weights())


def train_worlds(data: dict[str, Array], hidden: int, weight_decay: float) -> dict[str, Array]:
    """Minimise the mean loss in every world, for every seed, with the true labels and with some of them wrong.

    Logistic regression has no regulariser, the toy network and softmax regression have weight decay.

    Args:
        data: arrays of `relative_data`.
        hidden: tanh units of the toy network.
        weight_decay: λ of the toy network and of softmax regression.

    Returns:
        `{world}_{labels}_theta` (seeds, p), `…_gradient_norm` and `…_curvature` (seeds,), `hidden` and `weight_decay`.

    Raises:
        NotConvergedError: a gradient norm stays above 1e-12.
    """
    arrays = {"hidden": np.array(hidden), "weight_decay": np.array(weight_decay)}
    for world in WORLDS:
        for labels in LABELS:
            fits = []
            for seed in range(len(data[f"{world}_X_train"])):
                problem = _problem(world, data, labels, seed, hidden, weight_decay)
                fits.append(minimise(problem, _start(problem, seed)))
            arrays[f"{world}_{labels}_theta"] = np.stack([fit.theta for fit in fits])
            arrays[f"{world}_{labels}_gradient_norm"] = np.array([fit.gradient_norm for fit in fits])
            arrays[f"{world}_{labels}_curvature"] = np.array([fit.curvature for fit in fits])
    return arrays


def load_world(data: dict[str, Array], models: dict[str, Array], world: str, labels: str = "train") -> list[World]:
    """One trained model a seed, from the arrays of `relative_data` and `train_worlds`."""
    loaded = []
    for seed, theta in enumerate(models[f"{world}_{labels}_theta"]):
        problem = _problem(world, data, labels, seed, int(models["hidden"]), float(models["weight_decay"]))
        curvature = float(models[f"{world}_{labels}_curvature"][seed])
        test = data[f"{world}_X_test"][seed], data[f"{world}_y_test"][seed]
        loaded.append(World(problem, _start(problem, seed), theta, curvature, *test))
    return loaded


def _problem(world: str, data: dict[str, Array], labels: str, seed: int, hidden: int, weight_decay: float) -> Problem:
    X, y = data[f"{world}_X_train"][seed], data[f"{world}_y_{labels}"][seed]
    if world == "toy":
        return TanhNetwork(X, y, weight_decay, hidden)
    return LogisticRegression(X, y) if world == "cancer" else SoftmaxRegression(X, y, weight_decay, classes=10)


def _start(problem: Problem, seed: int) -> Array:
    return problem.start(seed) if isinstance(problem, TanhNetwork) else np.zeros(problem.size)
