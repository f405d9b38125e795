"""Softmax regression: the last layer of a classifier."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, softmax

from influence_lab.models.problem import Array, Problem


@dataclass(frozen=True)
class SoftmaxRegression(Problem):
    r"""Cross-entropy of linear logits, $L(z, \theta) = \log\sum_k e^{w_k^\top x} - w_y^\top x$, y in {0, …, K − 1}.

    θ holds the rows $w_k$ one after the other: p = K · d. With $q$ the softmax probabilities and $e_y$ the one-hot
    label, $\nabla L = (q - e_y) \otimes x$ and $\nabla^2 L = (\mathrm{diag}\,q - qq^\top) \otimes xx^\top$.
    The latter does not depend on the label: without a regulariser the Hessian is the Fisher information. It is
    singular, because adding one vector to all $w_k$ changes nothing; λ > 0 makes it invertible.
    """

    classes: int = 3

    @property
    def size(self) -> int:
        """Count of the weights, K · d."""
        return self.classes * self.X.shape[1]

    def losses(self, theta: Array, X: Array, y: Array) -> Array:
        """Negative log-probability of each label."""
        logits = self._logits(theta, X)
        return logsumexp(logits, axis=1) - logits[np.arange(len(X)), y.astype(int)]

    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """Errors times inputs, (q − e_y) ⊗ x."""
        errors = softmax(self._logits(theta, X), axis=1)
        right = np.arange(len(X)), y.astype(int)
        errors[right] = 0
        errors[right] = -errors.sum(axis=1)  # q_y − 1, without the cancellation where q_y is close to 1
        return (errors[:, :, None] * X[:, None, :]).reshape(len(X), -1)

    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """Kronecker products (diag q − qqᵀ) ⊗ xxᵀ; memory n p² numbers."""
        inner = self._output_hessians(theta, X)
        return np.einsum("nab,ni,nj->naibj", inner, X, X).reshape(len(X), self.size, self.size)

    def hessian(self, theta: Array, weights: Array) -> Array:
        """∇²R_w(θ), shape (p, p), summed over examples without forming each one's Hessian."""
        weighted = weights[:, None, None] * self._output_hessians(theta, self.X)  # (n, K, K)
        total = weighted.reshape(self.n, -1).T @ (self.X[:, :, None] * self.X[:, None, :]).reshape(self.n, -1)
        d = self.X.shape[1]
        blocks = total.reshape(self.classes, self.classes, d, d).transpose(0, 2, 1, 3)
        return blocks.reshape(self.size, self.size) + self.decay * np.eye(self.size)

    def predictions(self, theta: Array, X: Array) -> Array:
        """Probability of the last class."""
        return softmax(self._logits(theta, X), axis=1)[:, -1]

    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """Gradient q_K (e_K − q) ⊗ x of that probability."""
        q = softmax(self._logits(theta, X), axis=1)
        slope = -q[:, -1:] * q
        slope[:, -1] += q[:, -1]
        return (slope[:, :, None] * X[:, None, :]).reshape(len(X), -1)

    def _logits(self, theta: Array, X: Array) -> Array:
        return X @ theta.reshape(self.classes, -1).T

    def _output_hessians(self, theta: Array, X: Array) -> Array:
        q = softmax(self._logits(theta, X), axis=1)
        return q[:, :, None] * np.eye(self.classes) - q[:, :, None] * q[:, None, :]
