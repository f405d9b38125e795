"""Linear and logistic regression."""

import numpy as np
from scipy.special import expit

from influence_lab.models.problem import Array, Problem


class LinearRegression(Problem):
    r"""Squared error, $L(z, \theta) = \frac12 (x^\top\theta - y)^2$; ridge regression when λ > 0."""

    @property
    def size(self) -> int:
        """One parameter a column of X."""
        return self.X.shape[1]

    def losses(self, theta: Array, X: Array, y: Array) -> Array:
        """½(xᵀθ − y)²."""
        return (X @ theta - y) ** 2 / 2

    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """(xᵀθ − y) x for each example."""
        return (X @ theta - y)[:, None] * X

    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """Outer products x xᵀ."""
        return X[:, :, None] * X[:, None, :]

    def predictions(self, theta: Array, X: Array) -> Array:
        """Linear predictions xᵀθ."""
        return X @ theta

    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """The inputs x themselves."""
        return X


class LogisticRegression(LinearRegression):
    r"""Negative log-likelihood, $L(z, \theta) = \log(1 + e^{x^\top\theta}) - y\,x^\top\theta$, with y in {0, 1}."""

    def losses(self, theta: Array, X: Array, y: Array) -> Array:
        """Negative log-likelihood log(1 + exp(xᵀθ)) − y xᵀθ."""
        return np.logaddexp(0, X @ theta) - y * (X @ theta)

    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """Errors times inputs, (p − y) x, with p = σ(xᵀθ)."""
        return (expit(X @ theta) - y)[:, None] * X

    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """Outer products p(1 − p) x xᵀ."""
        p = expit(X @ theta)
        return (p * (1 - p))[:, None, None] * super().hessians(theta, X, y)

    def predictions(self, theta: Array, X: Array) -> Array:
        """Probability of class 1, p = σ(xᵀθ)."""
        return expit(X @ theta)

    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """Gradient p(1 − p) x of the probability."""
        p = expit(X @ theta)
        return (p * (1 - p))[:, None] * X

    def third_contraction(self, theta: Array, weights: Array, direction: Array) -> Array:
        """Third derivative of the weighted losses along v twice, Σ w p(1 − p)(1 − 2p)(xᵀv)² x, shape (p,)."""
        p = expit(self.X @ theta)
        return (weights * p * (1 - p) * (1 - 2 * p) * (self.X @ direction) ** 2) @ self.X
