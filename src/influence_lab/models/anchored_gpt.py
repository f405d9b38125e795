r"""A small language model held by its own answers: an optimum where influence is an exact derivative."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacrev
from torch.nn.utils import parameters_to_vector

from influence_lab.data.sequences import Sequences
from influence_lab.models.held_newton import held_newton
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_stack import stack
from influence_lab.models.small_gpt_training import Training, train

COLUMNS = 128  # of the curvature, computed together


@dataclass(frozen=True)
class Anchored:
    r"""Trained parameters $\theta_s$ of a model, in float64, as the optimum of the proximal Bregman objective.

    $$
    Q(\theta) = \frac1n \sum_i \sum_t w_{it}\,\mathrm{KL}\big(p_{\theta_s}(\cdot \mid x_{i,\le t}) \,\|\,
    p_\theta(\cdot \mid x_{i,\le t})\big) + \frac\lambda2 \|\theta - \theta_s\|^2
    $$

    (Bae et al. 2022). Whether training has converged or not, $\theta_s$ minimises Q, and the Hessian there is
    $G + \lambda$ with the Gauss-Newton matrix G of the mean loss. So influence with this damped curvature is exactly
    the derivative of what minimising $Q + \varepsilon L$ gives.
    """

    model: nn.Module  # float64, its parameters are θ_s
    texts: Sequences  # n texts
    damping: float  # λ
    theta: Tensor  # θ_s in one vector, shape (p,)
    own: Tensor  # log-probabilities under it, shape (n, T, V)

    def losses(self, theta: Tensor, texts: Sequences) -> Tensor:
        r"""$-w_t \log p(z_t)$ of every token, shape (n, T); $L_i$ is the sum of row i."""
        targets, weights = torch.from_numpy(texts.targets), torch.from_numpy(texts.weights)
        return -log_p(self.model, theta, texts).gather(-1, targets[..., None])[..., 0] * weights

    def factor(self) -> Tensor:
        """Cholesky factor of G + λ, shape (p, p)."""
        return torch.linalg.cholesky(jacrev(grad(self._objective), chunk_size=COLUMNS)(self.theta))

    def moved(self, extra: Callable[[Tensor], Tensor], epsilon: float, factor: Tensor) -> Tensor:
        """The minimum of Q + ε·extra, by Newton's method with the curvature held.

        Raises:
            NotConvergedError: ε is too large for that.
        """
        return held_newton(grad(lambda theta: self._objective(theta) + epsilon * extra(theta)), self.theta, factor)

    def _objective(self, theta: Tensor) -> Tensor:
        divergences = (self.own.exp() * (self.own - log_p(self.model, theta, self.texts))).sum(dim=-1)
        pull = self.damping / 2 * (theta - self.theta).square().sum()
        return (divergences * torch.from_numpy(self.texts.weights)).sum() / len(self.texts) + pull


def trained(texts: Sequences, vocabulary: int, width: int, steps: int) -> SmallGPT:
    """A small GPT of two heads and two layers in float64, trained on the texts without weight decay."""
    architecture = Architecture(vocabulary, texts.inputs.shape[1], width, heads=2, layers=2)
    model = SmallGPT(architecture).double()
    start, weights = stack([dict(model.named_parameters())]), np.ones((1, len(texts)))
    found = train(architecture, Training(steps, 0.02, 0.0), texts, weights, start, len(texts))
    model.load_state_dict({name: values[0] for name, values in found.parameters.items()})
    return model


def anchored(model: nn.Module, texts: Sequences, damping: float) -> Anchored:
    """Hold a model, changed to float64, at the parameters that it has."""
    model = model.double()
    theta = parameters_to_vector(model.parameters()).detach()
    return Anchored(model, texts, damping, theta, log_p(model, theta, texts))


def log_p(model: nn.Module, theta: Tensor, texts: Sequences) -> Tensor:
    """Log-probabilities of all tokens at all positions, shape (n, T, V), for parameters in one vector."""
    return functional_call(model, by_name(model, theta), (torch.from_numpy(texts.inputs),)).log_softmax(-1)


def by_name(model: nn.Module, values: Tensor) -> dict[str, Tensor]:
    """A vector of shape (p,) as tensors of the parameters' shapes."""
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    parts = values.split([shape.numel() for shape in shapes.values()])
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def compact(*parts: Sequences) -> tuple[list[Sequences], int]:
    """The same texts with token ids that leave out those which occur nowhere, and how many ids there are."""
    used = np.unique(np.concatenate([ids.ravel() for part in parts for ids in (part.inputs, part.targets)]))
    found = [
        Sequences(np.searchsorted(used, part.inputs), np.searchsorted(used, part.targets), part.weights)
        for part in parts
    ]
    return found, len(used)
