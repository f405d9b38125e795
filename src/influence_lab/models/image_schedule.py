"""Which images a training step takes, and its learning rate: functions of the step alone, so that it can resume."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np


@dataclass(frozen=True)
class Schedule:
    """The steps of one training.

    Attributes:
        images: number of training images.
        seed: of the batch order.
        epochs: passes over all images.
        batch_size: images of a step; the last step of an epoch takes what is left.
        learning_rate: at the first step.
        final_learning_rate: at the last step.
    """

    images: int
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    final_learning_rate: float

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches that cover all images."""
        return -(-self.images // self.batch_size)

    @property
    def steps(self) -> int:
        """All steps of the training."""
        return self.epochs * self.steps_per_epoch

    def rate(self, step: int) -> float:
        r"""Learning rate of a step from 0, $\eta_0 (\eta_1 / \eta_0)^{s / (S - 1)}$."""
        share = step / max(self.steps - 1, 1)
        return self.learning_rate * (self.final_learning_rate / self.learning_rate) ** share

    def rows(self, step: int) -> np.ndarray:
        """Which images a step takes: each one once an epoch, in an order of its own for each epoch."""
        epoch, place = divmod(step, self.steps_per_epoch)
        return _order(self.seed, epoch, self.images)[place * self.batch_size : (place + 1) * self.batch_size]


@lru_cache(maxsize=1)
def _order(seed: int, epoch: int, images: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(images)
