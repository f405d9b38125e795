"""Objectives near trained parameters: the proximal and the proximal Bregman objective of one network, in float64."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.special import expit

from influence_lab.curvature.hessian import hessian
from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.retraining_stack import Stack, with_ones

Array = np.ndarray


@dataclass(frozen=True)
class LocalObjective:
    r"""$Q(\theta) = \frac1n\sum_i \bigl(c_i \log(1 + e^{f_i}) - r_i f_i\bigr) + \frac\lambda2\|\theta - \theta^s\|^2$.

    Both objectives are of this form, with numbers c and r that do not depend on θ: see `proximal` and `bregman`.

    Attributes:
        network: f, with one output.
        X: inputs, shape (n, d).
        scale: c, shape (n,); not negative, or the Gauss-Newton matrix may be indefinite.
        offset: r, shape (n,).
        anchor: θ^s, shape (p,).
        damping: λ > 0.
    """

    network: Network
    X: Array
    scale: Array
    offset: Array
    anchor: Array
    damping: float

    def value(self, theta: Array) -> float:
        """Q(θ), in nats."""
        f, distance = self._logits(theta), theta - self.anchor
        losses = self.scale * np.logaddexp(0, f) - self.offset * f
        return float(losses.mean() + self.damping / 2 * distance @ distance)

    def gradient(self, theta: Array) -> Array:
        r"""$\frac1n\sum_i (c_i\,\sigma(f_i) - r_i)\nabla f_i + \lambda(\theta - \theta^s)$, shape (p,)."""
        stack = self._stack(theta)
        scale, offset = (torch.as_tensor(values / len(self.X))[None, :, None] for values in (self.scale, self.offset))
        stack.differentiate(self._inputs, scale, offset)
        return stack.gradient[0].numpy() + self.damping * (theta - self.anchor)

    def gauss_newton(self, theta: Array) -> Array:
        r"""$\frac1n\sum_i c_i\,\sigma_i(1 - \sigma_i)\nabla f_i\nabla f_i^\top + \lambda I$, shape (p, p)."""
        J = LogisticNetwork(self.network, theta, self.X, self.X[:, 0]).logit_gradients(self.X)
        p = expit(self._logits(theta))
        return J.T @ (J * (self.scale * p * (1 - p))[:, None]) / len(J) + self.damping * np.eye(J.shape[1])

    def hessian(self, theta: Array) -> Array:
        """∇²Q(θ) by automatic differentiation, shape (p, p)."""
        X, scale, offset = (torch.as_tensor(values) for values in (self.X, self.scale, self.offset))

        def mean_loss(parameters: torch.Tensor) -> torch.Tensor:
            f = self.network.outputs(parameters, X)[:, 0]
            return (scale * torch.nn.functional.softplus(f) - offset * f).mean()

        return hessian(mean_loss, torch.as_tensor(theta)).numpy() + self.damping * np.eye(len(theta))

    def _logits(self, theta: Array) -> Array:
        return self._stack(theta).logits(self._inputs)[0].numpy()

    def _stack(self, theta: Array) -> Stack:
        return Stack(self.network, torch.tensor(theta)[None])

    @cached_property
    def _inputs(self) -> torch.Tensor:
        return with_ones(torch.as_tensor(self.X))[None]


def weights_of(n: int, point: int | None = None, epsilon: float = 0.0) -> Array:
    """w_i = 1, and 1 + nε for one point: ε = −1/n takes it away.

    >>> weights_of(4, 1, -0.25).tolist()
    [1.0, 0.0, 1.0, 1.0]
    """
    weights = np.ones(n)
    if point is not None:
        weights[point] += n * epsilon
    return weights


def proximal(model: LogisticNetwork, damping: float, weights: Array) -> LocalObjective:
    r"""The training losses with a proximal term, $\frac1n\sum_i w_i L(z_i, \theta) + \frac\lambda2\|\theta - \theta^s\|^2$.

    Args:
        model: at θ^s, with its training points.
        damping: λ.
        weights: w, shape (n,).
    """
    return LocalObjective(model.network, model.X, weights, weights * model.y, model.theta, damping)


def bregman(model: LogisticNetwork, damping: float, weights: Array) -> LocalObjective:
    r"""The proximal Bregman objective (Bae et al. 2022), up to a constant.

    $\frac1n\sum_i D_i(f_i, f_i^s) + \varepsilon L(z_j, \theta) + \frac\lambda2\|\theta - \theta^s\|^2$ with
    $D_i(f, f^s) = \log(1 + e^f) - \sigma(f^s) f + \text{const}$ and $\varepsilon = (w_j - 1)/n$. The label of a
    point has gone from $D_i$: it says only how far the output is from what it was.

    Args:
        model: at θ^s, with its training points.
        damping: λ.
        weights: w, shape (n,); 1 changes nothing.
    """
    offset = expit(model.logits(model.X)) + (weights - 1) * model.y
    return LocalObjective(model.network, model.X, weights, offset, model.theta, damping)
