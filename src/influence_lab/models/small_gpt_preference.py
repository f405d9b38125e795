"""Preference tuning of the fine-tuned small GPT, by direct preference optimisation."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from influence_lab.data.sequences import Sequences
from influence_lab.models.dpo import dpo_losses, preference_margins
from influence_lab.models.retraining import one_thread
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import Parameters, flattened, text_log_probabilities
from influence_lab.models.small_gpt_training import ForgetfulAdam, share_of_rate

Array = np.ndarray


@dataclass(frozen=True)
class Preference:
    r"""Adam on the mean DPO loss $+ \frac\alpha2\|\theta - \theta_{ft}\|^2$, with the start as reference policy.

    Attributes:
        beta: β of DPO.
        alpha: α of the proximity to the start.
        steps: of Adam.
        learning_rate: the largest, see `share_of_rate`.
    """

    beta: float
    alpha: float
    steps: int
    learning_rate: float


class Preferred(NamedTuple):
    """Stacked parameters, and log p of the preferred and refused answers before each step and after the last.

    `preferred` and `refused` have the shape (steps + 1, pairs).
    """

    parameters: Parameters
    preferred: Array
    refused: Array


def preferred(model: SmallGPT, start: Parameters, pairs: tuple[Sequences, Sequences], how: Preference) -> Preferred:
    """Tune one model on pairs of answers.

    Args:
        model: gives the shape only.
        start: fine-tuned parameters of one model, stacked, not changed.
        pairs: preferred and refused answers to the same questions, in the same order.
        how: loss, proximity, steps.
    """
    flat, by_name = flattened(start)
    anchor, history = flat.clone(), []

    def answers(values: Tensor) -> list[Tensor]:
        return [text_log_probabilities(model, by_name(values), part)[0] for part in pairs]

    with one_thread():
        reference = torch.stack(answers(flat)).detach()
        adam = ForgetfulAdam(flat, how.learning_rate)
        for step in range(how.steps):
            watched = flat.detach().requires_grad_()
            found = answers(watched)
            history.append(torch.stack(found).detach())
            loss = dpo_losses(preference_margins(*found, reference[0] - reference[1]), how.beta).mean()
            loss = loss + how.alpha / 2 * (watched - anchor).square().sum()
            adam.learning_rate = how.learning_rate * share_of_rate((step + 0.5) / how.steps)
            adam.step(torch.autograd.grad(loss, watched)[0])
        history.append(torch.stack(answers(flat)).detach())
    course = torch.stack(history).numpy()  # (steps + 1, 2, pairs)
    return Preferred(by_name(flat), course[:, 0], course[:, 1])
