"""Softmax regression: linear logits for K classes, which a shift of all of them leaves without effect."""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax

from influence_lab.models.problem import Array, Problem


@dataclass(frozen=True)
class SoftmaxRegression(Problem):
    r"""Negative log-likelihood of a class, $L(z, \theta) = -\log p_y$ with $p = \mathrm{softmax}(Wx)$.

    θ holds W row by row, K rows of the width d of x. The same row added to all K changes nothing: the Hessian of
    the mean loss has rank (K − 1)d at most, and every gradient lies in its range. y holds classes 0, …, K − 1.
    """

    classes: int = 3

    @property
    def size(self) -> int:
        """Count of the weights, K · d."""
        return self.classes * self.X.shape[1]

    def losses(self, theta: Array, X: Array, y: Array) -> Array:
        """Negative log-likelihood of each label."""
        return -log_softmax(self._logits(theta, X), axis=1)[np.arange(len(X)), y.astype(int)]

    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """Errors times inputs, (p − e_y) ⊗ x."""
        errors = softmax(self._logits(theta, X), axis=1) - np.eye(self.classes)[y.astype(int)]
        return np.einsum("nk,nd->nkd", errors, X).reshape(len(X), -1)

    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """(diag p − ppᵀ) ⊗ xxᵀ, whatever the label."""
        p = softmax(self._logits(theta, X), axis=1)
        outputs = p[:, :, None] * (np.eye(self.classes) - p[:, None, :])  # (n, K, K)
        return np.einsum("nkl,nd,ne->nkdle", outputs, X, X).reshape(len(X), self.size, self.size)

    def predictions(self, theta: Array, X: Array) -> Array:
        """Probability of class 0."""
        return softmax(self._logits(theta, X), axis=1)[:, 0]

    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """Gradient p_0 (e_0 − p) ⊗ x of the probability of class 0."""
        p = softmax(self._logits(theta, X), axis=1)
        slopes = p[:, :1] * (np.eye(self.classes)[0] - p)
        return np.einsum("nk,nd->nkd", slopes, X).reshape(len(X), -1)

    def _logits(self, theta: Array, X: Array) -> Array:
        return X @ theta.reshape(self.classes, -1).T
