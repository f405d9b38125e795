"""A trained network with one logit and the logistic loss: what influence functions need of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.special import expit

from influence_lab.curvature.gauss_newton import jacobian
from influence_lab.curvature.hessian import hessian
from influence_lab.models.layered import Network

Array = np.ndarray


@dataclass(frozen=True)
class LogisticNetwork:
    r"""A network f(θ, x) with one logit, its parameters and its training points, all float64.

    The loss is $L(z, \theta) = \log(1 + e^{f}) - y f$, so $\nabla L = (\sigma(f) - y)\,\nabla f$ and the Hessian of the
    loss by the logit is $\sigma(f)(1 - \sigma(f))$, the same for both labels.

    Attributes:
        network: with one output.
        theta: θ, shape (p,).
        X: training inputs, shape (n, d).
        y: training labels 0 or 1, shape (n,).
    """

    network: Network
    theta: Array
    X: Array
    y: Array

    def logits(self, X: Array) -> Array:
        """f(θ, x) of each input, shape (m,)."""
        return self.network.outputs(self._theta, torch.as_tensor(X))[:, 0].numpy()

    def losses(self, X: Array, y: Array) -> Array:
        """Logistic loss of each point, in nats, shape (m,)."""
        f = self.logits(X)
        return np.logaddexp(0, f) - y * f

    def margins(self, X: Array, y: Array) -> Array:
        r"""Logit of the right class, $(2y - 1) f = \log\frac{p}{1 - p}$ with p its probability, shape (m,)."""
        return (2 * y - 1) * self.logits(X)

    def logit_gradients(self, X: Array) -> Array:
        """∇f of each input, shape (m, p)."""
        return jacobian(self.network, self._theta, torch.as_tensor(X))[:, 0].numpy()

    def loss_gradients(self, X: Array, y: Array) -> Array:
        r"""$(\sigma(f) - y)\,\nabla f$ of each point, shape (m, p)."""
        return (expit(self.logits(X)) - y)[:, None] * self.logit_gradients(X)

    def margin_gradients(self, X: Array, y: Array) -> Array:
        r"""$(2y - 1)\,\nabla f$ of each point, shape (m, p)."""
        return (2 * y - 1)[:, None] * self.logit_gradients(X)

    @cached_property
    def train_gradients(self) -> Array:
        """Gradients of the training losses, without any regulariser, shape (n, p)."""
        return self.loss_gradients(self.X, self.y)

    def gauss_newton(self) -> Array:
        r"""$G = \frac1n\sum_i \sigma(f_i)(1 - \sigma(f_i))\,\nabla f_i\nabla f_i^\top$: the Fisher matrix too."""
        J, p = self.logit_gradients(self.X), expit(self.logits(self.X))
        return J.T @ (J * (p * (1 - p))[:, None]) / len(J)

    def hessian(self) -> Array:
        """Hessian of the mean training loss, without any regulariser, shape (p, p)."""
        X, y = torch.as_tensor(self.X), torch.as_tensor(self.y)

        def mean_loss(theta: torch.Tensor) -> torch.Tensor:
            f = self.network.outputs(theta, X)[:, 0]
            return (torch.nn.functional.softplus(f) - y * f).mean()

        return hessian(mean_loss, self._theta).numpy()

    @cached_property
    def _theta(self) -> torch.Tensor:
        return torch.as_tensor(np.asarray(self.theta, dtype=np.float64))
