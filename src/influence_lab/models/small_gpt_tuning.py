"""The second stage of the small GPT: fine-tuning on answered questions, held near the pre-trained parameters."""

from dataclasses import dataclass

import numpy as np

from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import Parameters
from influence_lab.models.small_gpt_training import Trained, Training, train


@dataclass(frozen=True)
class Tuning:
    r"""How models are fine-tuned: Adam on $\frac1n\sum_j L_j(\theta) + \frac\alpha2\|\theta - \theta_{pt}\|^2$.

    Attributes:
        alpha: α; 0 lets the parameters go where they will, as people do.
        steps: of Adam.
        learning_rate: the largest.
    """

    alpha: float
    steps: int
    learning_rate: float


def tuned(model: SmallGPT, starts: Parameters, texts: Sequences, how: Tuning) -> Trained:
    """Fine-tune M pre-trained models at once, each from and near its own parameters.

    Args:
        model: gives the shape only.
        starts: stacked pre-trained parameters, not changed.
        texts: the n of fine-tuning, all of weight 1.
        how: strength of the proximity, steps and learning rate.
    """
    models, n = len(next(iter(starts.values()))), len(texts)
    training = Training(how.steps, how.learning_rate, weight_decay=0.0, proximity=how.alpha)
    return train(model.architecture, training, texts, np.ones((models, n)), starts, n)
