"""Pre-training and fine-tuning of small convex models, both to the last digits."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from influence_lab.data.theory import theory_data
from influence_lab.models.problem import Array, Problem
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.softmax import SoftmaxRegression

LOGISTIC, SOFTMAX, SINGULAR = "logistic", "softmax", "singular"
CASES = {
    LOGISTIC: "logistic regression",
    SOFTMAX: "softmax regression",
    SINGULAR: "logistic regression, two features silent in fine-tuning",
}
SILENT = 2  # last features that do not vary in the fine-tuning rows of the singular case


@dataclass(frozen=True)
class ConvexStages:
    r"""$\theta_{pt} = \arg\min \frac1n\sum_i L_i + \frac\lambda2\|\theta\|^2$, then fine-tuning near it.

    $$\theta_{ft} = \arg\min_\theta \mathcal L_{ft}(\theta) + \frac\alpha2\|\theta - \theta_{pt}\|^2$$

    Attributes:
        first: rows of pre-training, with weight decay.
        second: rows of fine-tuning, without a regulariser: α comes with `tuned`.
        X_test: rows whose log-probability is measured, shape (m, d).
        y_test: their labels, shape (m,).
    """

    first: Problem
    second: Problem
    X_test: Array
    y_test: Array

    def pretrained(self, weights: Array | None = None) -> Array:
        """θ_pt with weights of the rows, shape (p,)."""
        return minimise(self.first, np.zeros(self.first.size), weights).theta

    def tuned(self, pretrained: Array, alpha: float) -> Array:
        """θ_ft near given pre-trained parameters, shape (p,).

        α enlarges the gradient of a given distance from the optimum, and its rounding, hence the tolerance.
        """
        near = replace(self.second, decay=alpha, anchor=pretrained)
        return minimise(near, pretrained, tolerance=1e-12 * max(1.0, alpha)).theta

    def log_p(self, theta: Array) -> Array:
        """F = log p of the labels of the test rows, shape (m,)."""
        return -self.first.losses(theta, self.X_test, self.y_test)

    def log_p_gradients(self, theta: Array) -> Array:
        """∇f, shape (m, p)."""
        return -self.first.gradients(theta, self.X_test, self.y_test)


def convex_stages(case: str, seed: int, tests: int, decay: float) -> ConvexStages:
    """One of `CASES` on real data: a half of the training rows for each stage, drawn by the seed.

    Args:
        case: logistic regression on the breast cancer data; softmax regression on the wine data; or the former, where
            the last two features are at their mean in all fine-tuning rows, so that $∇^2 L_{ft}$ is singular.
        seed: draws the rows.
        tests: rows kept apart.
        decay: λ of pre-training.
    """
    data, name = theory_data(seed, test_rows=tests), "wine" if case == SOFTMAX else "cancer"
    X, y = data[f"{name}_X_train"], data[f"{name}_y_train"]
    half = len(X) // 2
    tuning = X[half:].copy()
    if case == SINGULAR:
        tuning[:, -SILENT:] = 0.0
    model: Callable[..., Problem] = SoftmaxRegression if case == SOFTMAX else LogisticRegression
    tested = data[f"{name}_X_test"], data[f"{name}_y_test"]
    return ConvexStages(model(X[:half], y[:half], decay), model(tuning, y[half:]), *tested)
