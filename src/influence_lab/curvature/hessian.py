"""The exact Hessian of the mean training loss, whole or as a product with a vector."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, vjp, vmap

from influence_lab.models.layered import Network
from influence_lab.models.losses import Loss


def mean_loss(network: Network, loss: Loss, inputs: Tensor, targets: Tensor) -> Callable[[Tensor], Tensor]:
    r"""The objective $\theta \mapsto \frac1n \sum_i L(f(\theta, x_i), t_i)$ as a function of the flat vector θ."""
    return lambda parameters: loss.value(network.outputs(parameters, inputs), targets).mean()


def hessian_product(objective: Callable[[Tensor], Tensor], parameters: Tensor, vector: Tensor) -> Tensor:
    r"""$Hv$ without H: a backward pass through the gradient (Pearlmutter 1994). Costs about two gradients.

    The pass gives $H^\top v$, and H is symmetric.
    """
    return vjp(grad(objective), parameters)[1](vector)[0]


def hessian(objective: Callable[[Tensor], Tensor], parameters: Tensor) -> Tensor:
    r"""Second derivatives $\nabla^2_\theta$ of a scalar function: one product with each unit vector.

    Args:
        objective: scalar function of a vector of shape (p,).
        parameters: where to differentiate, shape (p,).

    Returns:
        Symmetric matrix of shape (p, p). Memory p² numbers, time about p gradients.

    >>> hessian(lambda v: v[0] ** 2 * v[1], torch.tensor([1.0, 3.0])).tolist()
    [[6.0, 2.0], [2.0, 0.0]]
    """
    pull_back = vjp(grad(objective), parameters)[1]
    units = torch.eye(len(parameters), dtype=parameters.dtype)
    return vmap(pull_back, chunk_size=128)(units)[0]
