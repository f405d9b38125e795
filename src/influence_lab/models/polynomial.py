"""One-dimensional losses given by polynomials: the double well, and t⁴."""

import numpy as np
from numpy.polynomial.polynomial import polyder, polyval

from influence_lab.models.problem import Array, Problem


class Polynomial(Problem):
    r"""One parameter, $L(z_i, \theta) = \sum_k X_{ik} \theta^k$: each row of X holds coefficients; y is not used."""

    @property
    def size(self) -> int:
        """One."""
        return 1

    def losses(self, theta: Array, X: Array, y: Array) -> Array:
        """Values, shape (n,)."""
        return polyval(theta[0], X.T)

    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """First derivatives, shape (n, 1)."""
        return polyval(theta[0], polyder(X.T))[:, None]

    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """Second derivatives, shape (n, 1, 1)."""
        return polyval(theta[0], polyder(X.T, 2))[:, None, None]

    def predictions(self, theta: Array, X: Array) -> Array:
        """θ itself."""
        return np.full(len(X), theta[0])

    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """One."""
        return np.ones((len(X), 1))


def double_well(tilts: Array) -> Polynomial:
    r"""Losses $\frac14(\theta^2 - 1)^2 + t_i\theta$ whose mean has a well near −1, one near 1, and a hilltop between.

    The well on the side of sign(mean tilt) is the higher of the two: a local minimum, not the global one.

    Args:
        tilts: t_i, shape (n,); there are two wells while |mean tilt| < 2 / (3√3) ≈ 0.385.
    """
    tilts = np.asarray(tilts, dtype=float)
    X = np.tile([0.25, 0.0, -0.5, 0.0, 0.25], (len(tilts), 1))
    X[:, 1] = tilts
    return Polynomial(X, np.zeros(len(tilts)))


def quartic() -> Polynomial:
    """The losses t⁴ and t: with the weights (1, ε) the objective is t⁴ + εt."""
    return Polynomial(np.array([[0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, 0.0]]), np.zeros(2))
