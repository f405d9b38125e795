"""Small models and datasets that tests share: float64, condition numbers below 1e3, minimisers that exist."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from influence_lab.models.network import TanhNetwork
from influence_lab.models.polynomial import double_well
from influence_lab.models.problem import Problem
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LinearRegression, LogisticRegression
from influence_lab.models.softmax import SoftmaxRegression


@dataclass(frozen=True)
class Case:
    """A training problem, where to start its training, and held-out rows."""

    name: str
    problem: Problem
    start: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    def __str__(self):
        return self.name

    @cached_property
    def theta(self):
        return minimise(self.problem, self.start).theta

    @property
    def hessian(self):
        return self.problem.hessian(self.theta, self.problem.weights())


def _case(name, make, classes, n=30, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n + 4), rng.standard_normal((n + 4, 2))])
    signal = X @ [0.3, 1.0, -0.5] + rng.standard_normal(n + 4)
    y = (signal > 0).astype(float) if classes else signal
    problem = make(X[:n], y[:n])
    start = np.random.default_rng(1).standard_normal(problem.size)
    return Case(name, problem, start, X[n:], y[n:])


LINEAR = _case("linear", LinearRegression, classes=False)
RIDGE = _case("ridge", lambda X, y: LinearRegression(X, y, 0.1), classes=False)
LOGISTIC = _case("logistic", LogisticRegression, classes=True)
NETWORK = _case("network", lambda X, y: TanhNetwork(X, y, 0.05, 2), classes=True)
_well = double_well([0.5, -0.2, 0.1, 0.3, 0.0])
WELL = Case("double well", _well, np.ones(1), _well.X[:2], _well.y[:2])

_rng = np.random.default_rng(3)
_X = np.column_stack([np.ones(44), _rng.standard_normal((44, 2))])
_y = (_X @ _rng.standard_normal((3, 3)) + 2 * _rng.standard_normal((44, 3))).argmax(axis=1).astype(float)
SOFTMAX = Case("softmax", SoftmaxRegression(_X[:40], _y[:40]), _rng.standard_normal(9), _X[40:], _y[40:])

CASES = [LINEAR, RIDGE, LOGISTIC, NETWORK]
QUADRATIC_CASES = [LINEAR, RIDGE]
CURVED_CASES = [LOGISTIC, NETWORK]
