"""Losses that are negative log-likelihoods, with the gradients that their own labels would give."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import jacrev, vmap


@dataclass(frozen=True)
class Categorical:
    r"""Negative log-likelihood of a class, $L(y, t) = -\log p_t(y)$.

    Attributes:
        log_probabilities: log p(y), from outputs of shape (..., K) to the same shape.
    """

    log_probabilities: Callable[[Tensor], Tensor]

    def value(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Loss of each example: outputs (..., K), integer targets (...) to shape (...)."""
        return -self.log_probabilities(outputs).gather(-1, targets[..., None])[..., 0]

    def label_gradients(self, outputs: Tensor) -> Tensor:
        r"""Output gradients for every label the model could draw, $r_k = \sqrt{p_k}\,\nabla_y L(y, k)$.

        Their second moment $\sum_k r_k r_k^\top$ is the expectation over the model's labels, exactly.

        Args:
            outputs: shape (n, K).

        Returns:
            Shape (n, K, K): example, label, output.
        """
        gradients = -vmap(jacrev(self.log_probabilities))(outputs)
        return gradients * self.log_probabilities(outputs).exp().sqrt()[..., None]


@dataclass(frozen=True)
class Gaussian:
    r"""Half the squared error, $L(y, t) = \tfrac12\|y - t\|^2$: a Gaussian with mean y and unit variance."""

    def value(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Loss of each example: outputs and targets (..., K) to shape (...)."""
        return 0.5 * (outputs - targets).square().sum(-1)

    def label_gradients(self, outputs: Tensor) -> Tensor:
        r"""Unit vectors: for $t = y + \epsilon$ the gradient is −ε, with second moment I. Shape (n, K, K)."""
        width = outputs.shape[-1]
        return torch.eye(width, dtype=outputs.dtype).expand(len(outputs), width, width)


def _log_softmax(outputs: Tensor) -> Tensor:
    return torch.log_softmax(outputs, dim=-1)


def _log_square_link(outputs: Tensor) -> Tensor:
    return outputs.square().log() - outputs.square().sum(-1, keepdim=True).log()


CROSS_ENTROPY = Categorical(_log_softmax)  # outputs are logits: natural parameters
SQUARE_LINK = Categorical(_log_square_link)  # p_k proportional to u_k²: not natural parameters
SQUARED_ERROR = Gaussian()

Loss = Categorical | Gaussian
LOSSES: dict[str, Loss] = {"cross_entropy": CROSS_ENTROPY, "squared_error": SQUARED_ERROR}


def targets_of(loss: Loss, labels: Tensor, classes: int) -> Tensor:
    """Class labels as this loss takes them: as they are, or as one-hot vectors for the squared error."""
    return labels if isinstance(loss, Categorical) else torch.nn.functional.one_hot(labels, classes).double()
