r"""The Gauss-Newton matrix $G = \frac1n\sum_i J_i^\top H_{y,i} J_i$ and the term that it leaves out of the Hessian."""

from collections.abc import Callable

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


def jacobian_by_rows(network: Network, parameters: Tensor, example: Tensor) -> tuple[Tensor, int]:
    """The Jacobian (K, p) of one example row by row, and how many backward passes autograd ran for it."""
    leaf = parameters.clone().requires_grad_()
    return _rows(network.outputs(leaf, example), leaf)


def jacobian_through_last_layer(network: Network, parameters: Tensor, example: Tensor) -> tuple[Tensor, int]:
    r"""The same Jacobian with a pass for each unit that enters the last layer, not for each output.

    The last layer is linear: with $y = V_L \bar a$, $\partial y/\partial\mathrm{vec}(V_L) = \bar a^\top \otimes I$ and,
    for the layers before, $W_L\,\partial a/\partial\theta$. It saves passes where that layer's input is narrower than
    its output.

    Args:
        network: y = f(θ, x), with at least one hidden layer.
        parameters: θ, shape (p,).
        example: shape (d,).

    Returns:
        J of shape (K, p), and how many backward passes autograd ran for it.
    """
    leaf = parameters.clone().requires_grad_()
    entering = network.trace(leaf, example)[1][-1]
    rows, passes = _rows(entering[:-1], leaf)
    last = network.layers(parameters)[-1]
    whole = last[:, :-1] @ rows
    own = torch.kron(entering.detach()[None], torch.eye(len(last), dtype=last.dtype))
    whole[:, network.blocks[-1]] = own
    return whole, passes


def _rows(outputs: Tensor, leaf: Tensor) -> tuple[Tensor, int]:
    """Derivatives of each output by the leaf; the passes are counted by a hook that autograd itself calls."""
    passes: list[Tensor] = []
    outputs.register_hook(passes.append)
    rows = [torch.autograd.grad(output, leaf, retain_graph=True)[0] for output in outputs]
    return torch.stack(rows), len(passes)


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


def sequence_gauss_newton(
    network: Network,
    loss: Loss,
    parameters: Tensor,
    tokens: Tensor,
    labels: Tensor,
    reduction: Callable[[Tensor], Tensor],
) -> Tensor:
    r"""$J^\top H_Y J$ of one sequence's loss, a function of all its T·K outputs at once, by automatic differentiation.

    Args:
        network: y = f(θ, x), applied at each position.
        loss: L(y, t) of one token.
        parameters: θ, shape (p,).
        tokens: input of each position, shape (T, d).
        labels: label of each position.
        reduction: from the T token losses to the loss of the sequence: `torch.sum` or `torch.mean`.

    Returns:
        Shape (p, p).
    """

    def outputs_of(theta: Tensor) -> Tensor:
        return network.outputs(theta, tokens).flatten()

    def loss_of(outputs: Tensor) -> Tensor:
        return reduction(loss.value(outputs.reshape(len(tokens), -1), labels))

    J = jacrev(outputs_of)(parameters)  # (T K, p)
    return J.T @ hessian(loss_of, outputs_of(parameters)) @ J


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
