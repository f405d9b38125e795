"""Training of many small GPTs at once, each with a weight of its own for every text."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from influence_lab.data.sequences import Sequences
from influence_lab.models.retraining import one_thread
from influence_lab.models.retraining_optimisers import Adam
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_stack import Parameters, flattened, stacked_logits, token_log_probabilities

Array = np.ndarray


@dataclass(frozen=True)
class Training:
    r"""How each model is trained: Adam, with all texts in every step.

    Attributes:
        steps: of Adam.
        learning_rate: the largest, see `share_of_rate`.
        weight_decay: λ of $\frac\lambda2\|\theta\|^2$ over all parameters.
        proximity: α of $\frac\alpha2\|\theta - \theta_0\|^2$ over all parameters, $\theta_0$ where training starts:
            in fine-tuning the pre-trained parameters.
    """

    steps: int
    learning_rate: float
    weight_decay: float
    proximity: float = 0.0


class Trained(NamedTuple):
    """Stacked parameters, and the norm of the objective's gradient there, shape (M,)."""

    parameters: Parameters
    gradient_norms: Array


class ForgetfulAdam(Adam):
    """Adam whose mean of squares forgets in 20 steps: with 1,000, the large first gradients brake all of training."""

    second = 0.95


class Objective:
    r"""The objective of each of M models, with $L_i$ a sum over tokens.

    $$\frac1n\sum_i w_i L_i(\theta) + \frac\lambda2\|\theta\|^2 + \frac\alpha2\|\theta - \theta_0\|^2$$

    n is the number of texts of the whole corpus, whatever the weights are. So to leave out text i ($w_i = 0$) is to
    up-weight it by exactly ε = −1/n, and the regulariser needs no rescaling (reference, E7). Texts of weight 0 are not
    even read, so that training on half of the corpus takes half the time.

    Args:
        architecture: of the models.
        texts: n texts, or more.
        weights: w, shape (M, texts).
        documents: n.
        decay: λ.
        starts: $\theta_0$, stacked; its precision is that of training.
        proximity: α.
    """

    def __init__(
        self,
        architecture: Architecture,
        texts: Sequences,
        weights: Array,
        documents: int,
        decay: float,
        starts: Parameters,
        proximity: float = 0.0,
    ) -> None:
        most = int((weights != 0).sum(axis=1).max())  # K
        read = np.argsort(weights == 0, axis=1, kind="stable")[:, :most]  # (M, K), those with weight first
        shares = torch.as_tensor(np.take_along_axis(weights, read, axis=1) / documents)[..., None]  # (M, K, 1)
        self._inputs, self._targets, counts = (
            torch.as_tensor(part[read]) for part in vars(texts).values()
        )  # (M, K, T)
        self._starts = {name: values.detach().clone() for name, values in starts.items()}
        self._shares = (shares * counts).to(next(iter(starts.values())).dtype)
        self._logits = stacked_logits(SmallGPT(architecture))
        self._decay, self._proximity = decay, proximity

    def __call__(self, parameters: Parameters) -> Tensor:
        """Sum of the models' objectives; as models do not see each other, its gradient holds those of all."""
        tokens = token_log_probabilities(self._logits(parameters, self._inputs), self._targets)  # (M, K, T)
        squares = sum(values.square().sum() for values in parameters.values())
        moved = sum((values - self._starts[name]).square().sum() for name, values in parameters.items())
        return self._decay / 2 * squares + self._proximity / 2 * moved - (self._shares * tokens).sum()


def train(
    architecture: Architecture,
    training: Training,
    texts: Sequences,
    weights: Array,
    starts: Parameters,
    documents: int,
) -> Trained:
    """Train M models at once from given parameters.

    Args:
        architecture: of the models.
        training: how.
        texts: all texts that some model reads.
        weights: of each text in each model's objective, shape (M, texts).
        starts: stacked parameters, not changed; their precision is that of training.
        documents: n of the objective's mean.
    """
    flat, by_name = flattened(starts)
    objective = Objective(architecture, texts, weights, documents, training.weight_decay, starts, training.proximity)

    def gradient() -> Tensor:
        watched = flat.detach().requires_grad_()
        return torch.autograd.grad(objective(by_name(watched)), watched)[0]  # (M, p)

    adam = ForgetfulAdam(flat, training.learning_rate)
    with one_thread():
        for step in range(training.steps):
            adam.learning_rate = training.learning_rate * share_of_rate((step + 0.5) / training.steps)
            adam.step(gradient())
        return Trained(by_name(flat), gradient().norm(dim=1).numpy())


def share_of_rate(progress: float) -> float:
    """Share of the largest learning rate: up over a tenth of training, down along a cosine, so that it ends at rest.

    >>> [round(share_of_rate(progress), 2) for progress in (0.05, 0.1, 0.55, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if progress < 0.1:
        return progress / 0.1
    return 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9))
