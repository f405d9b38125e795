"""The report's simple weights boundary on all layers of the small CNN."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from influence_lab.attributions.simple_boundary import adam_move, score
from influence_lab.models.torch_cnn import cnn_logits

Array = np.ndarray


class NetworkAscent(NamedTuple):
    """How one ascent ended: as `simple_boundary.Ascent`, for one group, with the weights it ended at."""

    norm: float
    steps: int
    flipped: Array
    succeeded: bool
    weights: list[Tensor]

    @property
    def score(self) -> float:
        """The report's."""
        return float(score(self.norm, self.succeeded))


def network_boundary(
    weights: Sequence[Tensor], inputs: Tensor, classes: Array, rate: float, steps: int = 100, largest: float = 1.0
) -> NetworkAscent:
    """Ascend the mean cross-entropy of one group in all weights of the network, with Adam.

    Args:
        weights: of `cnn_weights`.
        inputs: the group's images, of `cnn_inputs`; convolutions are fastest in channels-last memory.
        classes: whose cross-entropy it is, the labels as in training, shape (m,).
        rate: learning rate, the last of the training.
        steps: at most so many.
        largest: norm of the change beyond which it is given up.
    """
    start = torch.cat([weight.flatten() for weight in weights])
    flat, truth = start.clone().requires_grad_(), torch.tensor(np.asarray(classes), dtype=torch.long)
    first, second = torch.zeros_like(start), torch.zeros_like(start)
    logits = cnn_logits(_unflatten(flat, weights), inputs)
    predicted = logits.argmax(dim=1)
    for step in range(1, steps + 1):
        (gradient,) = torch.autograd.grad(functional.cross_entropy(logits, truth), flat)
        with torch.no_grad():
            first, second, moved = adam_move(first, second, gradient, step)
            flat += rate * moved
        logits = cnn_logits(_unflatten(flat, weights), inputs)
        norm = float((flat.detach() - start).norm())
        flipped = (logits.argmax(dim=1) != predicted).numpy()
        if flipped.all() or norm > largest:
            break
    ended = [weight.detach() for weight in _unflatten(flat, weights)]
    return NetworkAscent(norm, step, flipped, bool(flipped.all() and norm <= largest), ended)


def _unflatten(flat: Tensor, weights: Sequence[Tensor]) -> list[Tensor]:
    parts = flat.split([weight.numel() for weight in weights])
    return [part.view(weight.shape) for part, weight in zip(parts, weights, strict=True)]
