"""A network with one hidden layer of tanh units, differentiated by torch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.func import grad, jacrev, vmap

from influence_lab.models.problem import Array, Problem


@dataclass(frozen=True)
class TanhNetwork(Problem):
    r"""Two classes, $L(z, \theta) = \log(1 + e^{f}) - y f$ with $f = v^\top\tanh(Wx)$.

    A column of ones in x gives the hidden units their biases. θ holds W row by row, then v: p = hidden · (d + 1).
    With tanh the loss is as smooth as Taylor's formula needs.
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
        return self._map(self._loss, theta, X, y)

    def gradients(self, theta: Array, X: Array, y: Array) -> Array:
        """Per-example gradients by reverse-mode differentiation."""
        return self._map(grad(self._loss), theta, X, y)

    def hessians(self, theta: Array, X: Array, y: Array) -> Array:
        """Per-example Hessians, reverse over reverse mode."""
        return self._map(jacrev(grad(self._loss)), theta, X, y)

    def predictions(self, theta: Array, X: Array) -> Array:
        """Probability of class 1."""
        return self._map(self._probability, theta, X)

    def prediction_gradients(self, theta: Array, X: Array) -> Array:
        """Gradient of the probability of class 1."""
        return self._map(grad(self._probability), theta, X)

    def _logit(self, theta: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        W, v = theta[: -self.hidden].reshape(self.hidden, -1), theta[-self.hidden :]  # (hidden, d), (hidden,)
        return v @ torch.tanh(W @ x)

    def _loss(self, theta: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        logit = self._logit(theta, x)
        return torch.logaddexp(torch.zeros_like(logit), logit) - y * logit

    def _probability(self, theta: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self._logit(theta, x))

    def _map(self, function, theta: Array, *data: Array) -> Array:
        tensors = [torch.as_tensor(array, dtype=torch.float64) for array in (theta, *data)]
        return vmap(function, in_dims=(None,) + (0,) * len(data))(*tensors).numpy()
