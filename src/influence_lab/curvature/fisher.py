r"""Fisher information $F = \mathbb{E}[\nabla L\,\nabla L^\top]$: exact, sampled, empirical, and of a sequence."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, vmap

from influence_lab.curvature.pseudo_gradients import parameter_gradients, training_gradients
from influence_lab.models.layered import Network
from influence_lab.models.losses import Categorical, Loss


def second_moment(gradients: Tensor) -> Tensor:
    r"""$\frac1n \sum_i \sum_j g_{ij} g_{ij}^\top$ from gradients of shape (n, m, p): shape (p, p)."""
    flat = gradients.flatten(0, 1)
    return flat.T @ flat / len(gradients)


def fisher(network: Network, loss: Loss, parameters: Tensor, inputs: Tensor) -> Tensor:
    """The Fisher information, its expectation over the model's labels taken exactly. No training label enters."""
    label_gradients = loss.label_gradients(network.outputs(parameters, inputs))
    return second_moment(parameter_gradients(network, parameters, inputs, label_gradients))


def empirical_fisher(network: Network, loss: Loss, parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """The second moment of the training gradients: the labels are those of the data, so it is not F."""
    gradients = training_gradients(loss, network.outputs(parameters, inputs), targets)
    return second_moment(parameter_gradients(network, parameters, inputs, gradients))


def sampled_fisher(
    network: Network, loss: Categorical, parameters: Tensor, inputs: Tensor, samples: int, generator: torch.Generator
) -> Tensor:
    r"""An unbiased estimate of F: `samples` labels drawn from the model for each example.

    A label enters by how often it was drawn, so that each gradient is computed once, however many samples are drawn;
    labels that were not drawn are left out of the product.
    """
    outputs = network.outputs(parameters, inputs)
    probabilities = loss.log_probabilities(outputs).exp()  # (n, K)
    drawn = torch.multinomial(probabilities, samples, replacement=True, generator=generator)
    counts = torch.zeros_like(probabilities).scatter_add_(1, drawn, torch.ones_like(drawn, dtype=outputs.dtype))
    reweighted = loss.label_gradients(outputs) * (counts / (samples * probabilities)).sqrt()[..., None]
    occurring = parameter_gradients(network, parameters, inputs, reweighted)[counts > 0]  # (pairs, p)
    return occurring.T @ occurring / len(inputs)


def sequence_fisher(
    network: Network,
    loss: Categorical,
    parameters: Tensor,
    tokens: Tensor,
    reduction: Callable[[Tensor], Tensor],
) -> Tensor:
    r"""Fisher information of one sequence's loss, from its gradient for every joint labelling of its tokens.

    The T labels are drawn from the model at each position with the contexts held fixed: independent given the contexts,
    as in Grosse et al. (2023). Its probability is then a product over positions. That the cross terms between
    tokens cancel is not put in; it is what the sum over labellings finds.

    Args:
        network: y = f(θ, x), applied at each position.
        loss: categorical, K classes.
        parameters: θ, shape (p,).
        tokens: input of each position, shape (T, d). Keep $K^T$ small: all labellings are enumerated.
        reduction: from the T token losses to the loss of the sequence: `torch.sum` or `torch.mean`.

    Returns:
        Shape (p, p).
    """
    log_probabilities = loss.log_probabilities(network.outputs(parameters, tokens))  # (T, K)
    classes = torch.arange(log_probabilities.shape[1])
    labellings = torch.cartesian_prod(*[classes] * len(tokens)).reshape(-1, len(tokens))  # (K^T, T)

    def sequence_loss(theta: Tensor, labels: Tensor) -> Tensor:
        return reduction(loss.value(network.outputs(theta, tokens), labels))

    gradients = vmap(grad(sequence_loss), in_dims=(None, 0))(parameters, labellings)  # (K^T, p)
    weights = log_probabilities[torch.arange(len(tokens)), labellings].sum(1).exp()  # of each labelling
    return (weights[:, None] * gradients).T @ gradients
