"""Back-propagate chosen output gradients to every layer: the raw material of Fisher matrices and Kronecker factors."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import grad, vjp, vmap

from influence_lab.models.layered import Network
from influence_lab.models.losses import Loss


class LayerGradients(NamedTuple):
    """What one layer sees of n examples with m output gradients each.

    The gradient of example i for output gradient j is the rank-one matrix Ds āᵀ, that is ā ⊗ Ds as a vector.
    """

    inputs: Tensor  # ā: (n, width + 1)
    pseudo: Tensor  # Ds: (n, m, outputs of the layer)

    def vectors(self) -> Tensor:
        """Gradients with respect to the layer's own parameters, columns stacked: (n, m, p of the layer)."""
        return torch.einsum("na,nms->nmas", self.inputs, self.pseudo).flatten(2)


def layer_gradients(
    network: Network, parameters: Tensor, inputs: Tensor, output_gradients: Tensor
) -> list[LayerGradients]:
    r"""Inputs and pre-activation gradients $\mathcal{D}s = (\partial y / \partial s)^\top r$ of every layer.

    Args:
        network: y = f(θ, x).
        parameters: θ, shape (p,).
        inputs: shape (n, d).
        output_gradients: r, shape (n, m, K): m vectors in output space for each example.

    Returns:
        One entry a layer.
    """
    shifts = [torch.zeros(len(inputs), rows, dtype=inputs.dtype) for rows, _ in network.shapes]
    _, pull_back, entering = vjp(lambda *added: network.trace(parameters, inputs, list(added)), *shifts, has_aux=True)
    pseudo = vmap(pull_back, in_dims=1, out_dims=1)(output_gradients)
    return [LayerGradients(*pair) for pair in zip(entering, pseudo, strict=True)]


def parameter_gradients(network: Network, parameters: Tensor, inputs: Tensor, output_gradients: Tensor) -> Tensor:
    """Gradients with respect to θ for each example and output gradient: shape (n, m, p)."""
    layers = layer_gradients(network, parameters, inputs, output_gradients)
    return torch.cat([layer.vectors() for layer in layers], dim=2)


def training_gradients(loss: Loss, outputs: Tensor, targets: Tensor) -> Tensor:
    """Output gradients of the training labels, as one vector an example: shape (n, 1, K)."""
    return grad(lambda y: loss.value(y, targets).sum())(outputs)[:, None]
