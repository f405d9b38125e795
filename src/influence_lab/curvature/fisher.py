r"""Fisher information $F = \mathbb{E}[\nabla L\,\nabla L^\top]$: exact, sampled, empirical, and of a sequence."""

from itertools import product

import torch
from torch import Tensor

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

    A label enters by how often it was drawn, so that each gradient is computed once, however many samples are drawn.
    """
    outputs = network.outputs(parameters, inputs)
    probabilities = loss.log_probabilities(outputs).exp()  # (n, K)
    drawn = torch.multinomial(probabilities, samples, replacement=True, generator=generator)
    counts = torch.zeros_like(probabilities).scatter_add_(1, drawn, torch.ones_like(drawn, dtype=outputs.dtype))
    reweighted = loss.label_gradients(outputs) * (counts / (samples * probabilities)).sqrt()[..., None]
    return second_moment(parameter_gradients(network, parameters, inputs, reweighted))


def sequence_fisher(
    network: Network, loss: Categorical, parameters: Tensor, tokens: Tensor, token_weight: float
) -> Tensor:
    r"""Fisher information of one sequence whose loss is $w \sum_t L_t$, over every joint labelling of its tokens.

    The T labels are drawn from the model, each at its own position, with the contexts held fixed. All $K^T$
    labellings are enumerated, so that independence between tokens is not assumed but found.

    Args:
        network: y = f(θ, x).
        loss: categorical, K classes.
        parameters: θ, shape (p,).
        tokens: input of each position, shape (T, d). Keep $K^T$ small.
        token_weight: w: 1 for the sum over tokens, 1/T for the mean.

    Returns:
        Shape (p, p).
    """
    outputs = network.outputs(parameters, tokens)
    probabilities = loss.log_probabilities(outputs).exp()
    scaled = parameter_gradients(network, parameters, tokens, loss.label_gradients(outputs))
    gradients = scaled / probabilities.sqrt()[..., None]  # ∇L_t for each label: (T, K, p)
    total = torch.zeros(network.size, network.size, dtype=tokens.dtype)
    positions = torch.arange(len(tokens))
    for labelling in product(range(outputs.shape[1]), repeat=len(tokens)):
        labels = torch.tensor(labelling)
        gradient = token_weight * gradients[positions, labels].sum(0)
        total += probabilities[positions, labels].prod() * torch.outer(gradient, gradient)
    return total
