"""A network with one hidden layer of tanh units, its derivatives written out."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from influence_lab.models.problem import Array, Problem


@dataclass(frozen=True)
class TanhNetwork(Problem):
    r"""Two classes, $L(z, \theta) = \log(1 + e^{f}) - y f$ with the logit $f = v^\top\tanh(Wx)$.

    A column of ones in x gives the hidden units their biases. θ holds W row by row, then v: p = hidden · (d + 1).
    With tanh the loss is as smooth as Taylor's formula needs. It depends on θ through f alone, so with p = σ(f)
    $\nabla L = (p - y)\nabla f$ and $\nabla^2 L = p(1 - p)\nabla f\nabla f^\top + (p - y)\nabla^2 f$.
    """

    hidden: int = 3

    @property
    def size(self) -> int:
        """Count of the weights, hidden · (d + 1)."""
        return self.hidden * (self.X.shape[1] + 1)

    def start(self, seed: int) -> Array:
        """Random parameters to start training from, standard normal, shape (p,)."""
        return np.random.default_rng(seed).standard_normal(self.size)

    def losses(self, theta: Array, X: Array, y: Array) -> Array:
        """Negative log-likelihood of each label."""
        logit = self._logit(theta, X)
        return np.logaddexp(0, logit) - y * logit

    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """Errors times gradients of the logits, (σ(f) − y) ∇f."""
        return (self.predictions(theta, X) - y)[:, None] * self._logit_gradients(theta, X)

    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """Curvature of the loss in f, and curvature of f: σ(f)(1 − σ(f)) ∇f∇fᵀ + (σ(f) − y) ∇²f."""
        p, slope = self.predictions(theta, X), self._logit_gradients(theta, X)
        outer = slope[:, :, None] * slope[:, None, :]  # (n, p, p)
        return (p * (1 - p))[:, None, None] * outer + (p - y)[:, None, None] * self._logit_hessians(theta, X)

    def predictions(self, theta: Array, X: Array) -> Array:
        """Probability of class 1, σ(f)."""
        return expit(self._logit(theta, X))

    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """Gradient of the probability of class 1, σ(f)(1 − σ(f)) ∇f."""
        p = self.predictions(theta, X)
        return (p * (1 - p))[:, None] * self._logit_gradients(theta, X)

    def _units(self, theta: Array, X: Array) -> tuple[Array, Array]:
        W, v = theta[: -self.hidden].reshape(self.hidden, -1), theta[-self.hidden :]  # (hidden, d), (hidden,)
        return np.tanh(X @ W.T), v

    def _logit(self, theta: Array, X: Array) -> Array:
        t, v = self._units(theta, X)
        return t @ v

    def _logit_gradients(self, theta: Array, X: Array) -> Array:
        t, v = self._units(theta, X)
        by_W = (v * (1 - t**2))[:, :, None] * X[:, None, :]  # (n, hidden, d); tanh′ = 1 − tanh²
        return np.concatenate([by_W.reshape(len(X), -1), t], axis=1)

    def _logit_hessians(self, theta: Array, X: Array) -> Array:
        t, v = self._units(theta, X)
        slope, d = 1 - t**2, X.shape[1]
        hessians = np.zeros((len(X), self.size, self.size))
        for h in range(self.hidden):  # units do not interact: a block for each, and its border with v_h
            rows, column = slice(h * d, (h + 1) * d), self.hidden * d + h
            bend = -2 * v[h] * t[:, h] * slope[:, h]  # tanh″ = −2 tanh tanh′
            hessians[:, rows, rows] = bend[:, None, None] * X[:, :, None] * X[:, None, :]
            hessians[:, rows, column] = hessians[:, column, rows] = slope[:, h, None] * X
        return hessians
