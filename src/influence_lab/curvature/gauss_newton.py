r"""The Gauss-Newton matrix $G = \frac1n\sum_i J_i^\top H_{y,i} J_i$ and the term that it leaves out of the Hessian."""

import torch
from torch import Tensor
from torch.func import grad, jacrev, jvp, vjp, vmap

from influence_lab.curvature.hessian import hessian
from influence_lab.curvature.output_hessian import output_hessians
from influence_lab.models.layered import Network
from influence_lab.models.losses import Loss


def jacobian(network: Network, parameters: Tensor, inputs: Tensor) -> Tensor:
    """Derivatives of each example's outputs with respect to θ: shape (n, K, p)."""
    return vmap(jacrev(network.outputs), in_dims=(None, 0))(parameters, inputs)


def jacobian_by_backward_passes(network: Network, parameters: Tensor, example: Tensor) -> tuple[Tensor, int]:
    """The Jacobian (K, p) of one example row by row, and the number of backward passes that it took."""
    leaf = parameters.clone().requires_grad_()
    outputs = network.outputs(leaf, example)
    rows = [torch.autograd.grad(output, leaf, retain_graph=True)[0] for output in outputs]
    return torch.stack(rows), len(rows)


def contract(jacobians: Tensor, hessians: Tensor) -> Tensor:
    r"""$\frac1n \sum_i J_i^\top H_i J_i$ from (n, K, p) and (n, K, K): shape (p, p)."""
    return (hessians @ jacobians).flatten(0, 1).T @ jacobians.flatten(0, 1) / len(jacobians)


def gauss_newton(network: Network, loss: Loss, parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    r"""The Gauss-Newton matrix $G = \frac1n\sum_i J_i^\top H_{y,i} J_i$ of the mean loss, explicitly.

    Args:
        network: y = f(θ, x).
        loss: L(y, t).
        parameters: θ, shape (p,).
        inputs: shape (n, d).
        targets: classes (n,) or values (n, K).

    Returns:
        Symmetric positive semi-definite matrix of shape (p, p) if the loss is convex in y. Rank at most n K.
    """
    outputs = network.outputs(parameters, inputs)
    return contract(jacobian(network, parameters, inputs), output_hessians(loss, outputs, targets))


def gauss_newton_product(
    network: Network, loss: Loss, parameters: Tensor, inputs: Tensor, targets: Tensor, vector: Tensor
) -> Tensor:
    r"""$Gv = \frac1n J^\top(H_y(Jv))$ with neither J, H_y nor G formed: one forward and one backward product.

    Args:
        network: y = f(θ, x).
        loss: L(y, t).
        parameters: θ, shape (p,).
        inputs: shape (n, d).
        targets: classes (n,) or values (n, K).
        vector: v, shape (p,).

    Returns:
        Shape (p,).
    """

    def outputs_of(theta: Tensor) -> Tensor:
        return network.outputs(theta, inputs)

    def output_gradient(outputs: Tensor) -> Tensor:
        return grad(lambda y: loss.value(y, targets).mean())(outputs)

    outputs, moved = jvp(outputs_of, (parameters,), (vector,))  # y and Jv, both (n, K)
    weighted = vjp(output_gradient, outputs)[1](moved)[0]  # H_y (Jv) / n, H_y symmetric
    return vjp(outputs_of, parameters)[1](weighted)[0]  # Jᵀ(...)


def residual_term(network: Network, loss: Loss, parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    r"""What G leaves out, $R = \frac1n\sum_i\sum_k \frac{\partial L_i}{\partial y_k} \nabla_\theta^2 y_{ik}$.

    Computed from second derivatives of the outputs, with the loss's gradient held as constant weights; H is not used.

    Args:
        network: y = f(θ, x).
        loss: L(y, t).
        parameters: θ, shape (p,).
        inputs: shape (n, d).
        targets: classes (n,) or values (n, K).

    Returns:
        Symmetric matrix of shape (p, p), of either sign; zero if the outputs are linear in θ.
    """
    outputs = network.outputs(parameters, inputs)
    weights = grad(lambda y: loss.value(y, targets).mean())(outputs).detach()  # (n, K)
    return hessian(lambda theta: (weights * network.outputs(theta, inputs)).sum(), parameters)
