"""What stacked small GPTs answer."""

import numpy as np
import torch

from influence_lab.data.sequences import Sequences
from influence_lab.models.retraining import one_thread
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_stack import Parameters, stacked_logits, token_log_probabilities

Array = np.ndarray


def answers(architecture: Architecture, parameters: Parameters, questions: Sequences) -> tuple[Array, Array]:
    """Log p of each answer in nats, and whether every token of it is the most probable; shapes (M, m).

    Args:
        architecture: of the M models.
        parameters: stacked.
        questions: m, whose weights are 1 on the tokens of the answer and 0 elsewhere.
    """
    inputs, targets, counts = (
        torch.as_tensor(part).expand(len(next(iter(parameters.values()))), -1, -1) for part in vars(questions).values()
    )
    with torch.no_grad(), one_thread():
        logits = stacked_logits(SmallGPT(architecture))(parameters, inputs)  # (M, m, T, V)
        log_p = (token_log_probabilities(logits, targets) * counts).sum(-1)
        right = ((logits.argmax(-1) == targets) | (counts == 0)).all(-1)
    return log_p.numpy(), right.numpy()
