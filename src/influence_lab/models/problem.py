"""A training problem: per-example losses with their gradients and Hessians."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Problem(ABC):
    r"""Weighted losses and a regulariser, $R_w(\theta) = \sum_i w_i L(z_i, \theta) + \frac\lambda2\|\theta - a\|^2$.

    With $w_i = 1/n$ it is the mean loss; adding $\varepsilon$ to $w_j$ up-weights training point $j$.

    Attributes:
        X: inputs, shape (n, d).
        y: targets, shape (n,).
        decay: λ ≥ 0, in units of the loss over squared parameters.
        anchor: a, where the regulariser pulls to: 0 in weight decay, the pre-trained parameters (p,) in fine-tuning
            with a proximity term.
    """

    X: Array
    y: Array
    decay: float = 0.0
    anchor: Array | float = field(default=0.0, kw_only=True)

    @property
    def n(self) -> int:
        """Number of training points."""
        return len(self.X)

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of parameters p."""

    @abstractmethod
    def losses(self, theta: Array, X: Array, y: Array) -> Array:
        """L(z_i, θ), shape (n,)."""

    @abstractmethod
    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """∇L(z_i, θ), shape (n, p)."""

    @abstractmethod
    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """∇²L(z_i, θ), shape (n, p, p)."""

    @abstractmethod
    def predictions(self, theta: Array, X: Array) -> Array:
        """What the model predicts, shape (n,): a value, or the probability of class 1."""

    @abstractmethod
    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """Gradients of the predictions, shape (n, p)."""

    def weights(self, point: int | None = None, epsilon: float = 0.0) -> Array:
        """w_i = 1/n, with ε added for one point, shape (n,). ε = −1/n removes the point's loss."""
        w = np.full(self.n, 1 / self.n)
        if point is not None:
            w[point] += epsilon
        return w

    def objective(self, theta: Array, weights: Array) -> float:
        """R_w(θ)."""
        moved = theta - self.anchor
        return float(weights @ self.losses(theta, self.X, self.y) + self.decay / 2 * moved @ moved)

    def gradient(self, theta: Array, weights: Array) -> Array:
        """∇R_w(θ), shape (p,)."""
        return weights @ self.gradients(theta, self.X, self.y) + self.decay * (theta - self.anchor)

    def hessian(self, theta: Array, weights: Array) -> Array:
        """∇²R_w(θ), shape (p, p), the regulariser's λI included."""
        return np.einsum("i,ijk->jk", weights, self.hessians(theta, self.X, self.y)) + self.decay * np.eye(self.size)
