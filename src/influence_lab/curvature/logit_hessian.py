"""First and second derivatives of a network's one output, by hand: far faster than automatic differentiation."""

import torch
from torch import Tensor
from torch.func import grad, vmap

from influence_lab.models.layered import ACTIVATIONS, Network


class LogitDerivatives:
    r"""Derivatives of $f(\theta, x_i)$ at one θ, from one pass forward and one backward.

    With the pre-activations $s_\ell = V_\ell \bar a_{\ell-1}$ of `Network` and
    $\delta_\ell = \partial f/\partial s_\ell$, the gradient by $\mathrm{vec}\,V_\ell$ is
    $\bar a_{\ell-1} \otimes \delta_\ell$. The second derivative by $V_\ell$ and $V_k$, k ≤ ℓ, has two parts:
    $\partial\delta_\ell/\partial s_k$ with both inputs, and, for k < ℓ, $\delta_\ell$ with
    $\partial\bar a_{\ell-1}/\partial s_k$ and the input of layer k.

    Args:
        network: with one output and a twice differentiable activation.
        parameters: θ, shape (p,).
        inputs: shape (n, d).
    """

    def __init__(self, network: Network, parameters: Tensor, inputs: Tensor) -> None:
        self.network = network
        layers = network.layers(parameters)
        _, self.entering = network.trace(parameters, inputs)  # ā, (n, inputs of the layer + 1)
        s = [each @ layer.T for each, layer in zip(self.entering[:-1], layers[:-1], strict=True)]
        slope = grad(ACTIVATIONS[network.activation])
        first, second = ([vmap(vmap(of))(each) for each in s] for of in (slope, grad(slope)))
        self.delta = [torch.ones_like(inputs[:, :1])]
        self.bends = []  # ∂f/∂a φ''(s), (n, units), of each hidden layer
        for layer, d1, d2 in zip(layers[:0:-1], first[::-1], second[::-1], strict=True):
            back = self.delta[0] @ layer[:, :-1]
            self.bends.insert(0, back * d2)
            self.delta.insert(0, back * d1)
        self.slopes = first  # φ'(s), (n, units), of each hidden layer
        self.weights = [layer[:, :-1] for layer in layers[1:]]  # what multiplies its units in the next layer

    def gradients(self) -> Tensor:
        """∇f of every example, shape (n, p)."""
        pairs = zip(self.entering, self.delta, strict=True)
        return torch.cat([(a[:, :, None] * d[:, None]).flatten(1) for a, d in pairs], dim=1)

    def hessian(self, weights: Tensor) -> Tensor:
        r"""$\sum_i w_i \nabla^2 f(\theta, x_i)$, shape (p, p), for w of shape (n,)."""
        found = torch.zeros(self.network.size, self.network.size, dtype=weights.dtype)
        blocks = self.network.blocks
        for k in range(len(blocks)):
            onward = self._onward(k)
            for later in range(k, len(blocks)):
                block = self._block(later, k, onward, weights)
                found[blocks[later], blocks[k]] = block
                found[blocks[k], blocks[later]] = block.T
        return found

    def _onward(self, k: int) -> list[Tensor]:
        """∂s_m/∂s_k for the hidden layers m ≥ k, each of shape (n, units of m, units of k)."""
        if k == len(self.slopes):
            return []
        units = self.slopes[k].shape[1]
        found = [torch.eye(units, dtype=self.slopes[k].dtype).expand(len(self.slopes[k]), -1, -1)]
        for m in range(k, len(self.slopes) - 1):
            found.append((self.weights[m] * self.slopes[m][:, None]) @ found[-1])
        return found

    def _block(self, later: int, k: int, onward: list[Tensor], weights: Tensor) -> Tensor:
        """Second derivatives by V_later and V_k, columns stacked, k ≤ later."""
        a, b = self.entering[later], self.entering[k]
        size = a.shape[1] * self.delta[later].shape[1], b.shape[1] * self.delta[k].shape[1]
        found = torch.zeros(size, dtype=weights.dtype)
        if later < len(self.slopes):
            by_later = self._onward(later)
            S = sum(
                p.mT @ (bend[:, :, None] * q)
                for p, bend, q in zip(by_later, self.bends[later:], onward[later - k :], strict=True)
            )  # ∂δ_later/∂s_k, (n, units, units)
            right = torch.einsum("i,ihj,id->ihdj", weights, S, b)
            found += (a.T @ right.flatten(1)).reshape(size)
        if k < later:
            by_k = self.slopes[later - 1][:, :, None] * onward[later - 1 - k]  # ∂a/∂s_k, (n, units, units of k)
            left = (weights[:, None] * self.delta[later])[:, :, None] * b[:, None]  # (n, units of later, inputs of k)
            cross = torch.einsum("ihd,icj->chdj", left, by_k)
            found[: cross.shape[0] * cross.shape[1]] += cross.flatten(0, 1).flatten(1)
        return found
