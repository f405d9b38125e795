"""The trained digit networks of the Gauss-Newton page, as artifacts and back."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from influence_lab.models.checkpoints import train
from influence_lab.models.layered import Network
from influence_lab.models.losses import LOSSES, Loss, targets_of

CLASSES = 10


class DigitNetworks(NamedTuple):
    """A network, its loss, its parameters along training, and the data as tensors (inputs, targets)."""

    network: Network
    loss: Loss
    steps: list[int]
    checkpoints: Tensor  # (seeds, steps, p)
    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


def train_digit_networks(
    digits: dict[str, np.ndarray],
    loss: str,
    hidden: list[int],
    seeds: int,
    checkpoints: list[int],
    learning_rate: float,
) -> dict[str, np.ndarray]:
    """Train one network a seed on the digits.

    Args:
        digits: arrays named as the fields of `Digits`.
        loss: a key of `LOSSES`.
        hidden: hidden widths.
        seeds: number of random starts, numbered from 0.
        checkpoints: training steps whose parameters are kept.
        learning_rate: of Adam.

    Returns:
        `widths`, `steps` and `checkpoints` of shape (seeds, steps, p).
    """
    images, labels = torch.as_tensor(digits["train_images"]), torch.as_tensor(digits["train_labels"])
    network = Network((images.shape[1], *hidden, CLASSES))
    targets = targets_of(LOSSES[loss], labels, CLASSES)
    kept = train(network, LOSSES[loss], images, targets, range(seeds), checkpoints, learning_rate)
    return {
        "widths": np.array(network.widths),
        "steps": np.array(checkpoints),
        "checkpoints": kept.numpy(),
    }


def load_digit_networks(digits: dict[str, np.ndarray], trained: dict[str, np.ndarray], loss: str) -> DigitNetworks:
    """What `train_digit_networks` stored, with the digits, ready to compute on."""
    parts = [
        (
            torch.as_tensor(digits[f"{part}_images"]),
            targets_of(LOSSES[loss], torch.as_tensor(digits[f"{part}_labels"]), CLASSES),
        )
        for part in ("train", "test")
    ]
    network = Network(tuple(trained["widths"].tolist()))
    return DigitNetworks(
        network, LOSSES[loss], trained["steps"].tolist(), torch.as_tensor(trained["checkpoints"]), *parts
    )
