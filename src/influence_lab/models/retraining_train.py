"""Train one chunk of models together."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from influence_lab.models.retraining_optimisers import optimiser
from influence_lab.models.retraining_order import epoch_masks, epoch_orders, visible
from influence_lab.models.retraining_stack import Stack, with_ones
from influence_lab.models.retraining_work import Training, Work, random_start


class Chunk:
    """Models that take the same number of steps in an epoch, with their objective as tensors."""

    def __init__(self, work: Work, training: Training) -> None:
        dtype = getattr(torch, training.precision)
        network = training.network(work.X.shape[1])
        starts = work.starts
        if starts is None:
            starts = np.stack([random_start(network, seed) for seed in work.start_seeds.tolist()])
        anchors = starts if work.anchors is None else work.anchors
        self.work, self.training = work, training
        self.stack = Stack(network, torch.tensor(starts, dtype=dtype), training.dropout)
        self.anchors = torch.tensor(anchors, dtype=dtype) if training.needs_anchors else None
        self.inputs = with_ones(torch.tensor(work.X, dtype=dtype))  # (n, d + 1)
        self.seen = visible(work.weights, training)
        self.counts = self.seen.sum(axis=1)
        weights, labels = torch.tensor(work.weights, dtype=dtype), torch.tensor(work.y, dtype=dtype)
        self.scale, self.offset = weights, weights * labels  # c and r of `Stack`, before the mean
        if training.objective == "bregman":
            at_anchor = Stack(network, self.anchors).logits(self.inputs.expand(len(work), -1, -1)).sigmoid()
            self.offset = at_anchor + (weights - 1) * labels

    def differentiate(self, inputs: Tensor, scale: Tensor, offset: Tensor, masks: list[Tensor] | None = None) -> None:
        """Write the gradient on a batch, with penalties and proximal term, to the stack."""
        stack, training = self.stack, self.training
        stack.differentiate(inputs, scale, offset, masks)
        if training.decay:
            stack.gradient.add_(stack.parameters, alpha=training.decay)
        if training.l1:
            stack.gradient.add_(stack.parameters.sign(), alpha=training.l1)
        if training.proximity:
            stack.gradient.add_(stack.parameters - self.anchors, alpha=training.proximity)

    def full_gradient(self) -> Tensor:
        """Gradient of the whole objective, without dropout, at the present parameters, shape (M, p)."""
        share = torch.as_tensor(self.seen / self.counts[:, None], dtype=self.inputs.dtype)
        inputs = self.inputs.expand(len(self.work), -1, -1)
        self.differentiate(inputs, (self.scale * share)[..., None], (self.offset * share)[..., None])
        return self.stack.gradient

    def train(self) -> dict[str, np.ndarray]:
        """Train, and return `parameters` of shape (M, checkpoints, p) and `gradient_norms` of shape (M,)."""
        training, stack = self.training, self.stack
        step = optimiser(training.optimiser, stack.parameters, training.learning_rate, training.momentum).step
        width = int(self.counts.max())
        size = training.batch_size or width
        share = torch.as_tensor(batch_shares(self.counts, size), dtype=self.inputs.dtype)  # (M, width)
        orders = [
            epoch_orders(len(self.work.X), seen, seed, training)
            for seen, seed in zip(self.seen, self.work.order_seeds.tolist(), strict=True)
        ]
        draws = [
            epoch_masks(len(self.work.X), seed, training) for seed in self.work.order_seeds.tolist() if training.dropout
        ]
        kept = [stack.parameters.clone()] if 0 in training.kept_epochs else []
        for epoch, order in enumerate(zip(*orders, strict=True), start=1):
            index = torch.as_tensor(_padded(order, width))  # (M, width)
            inputs = self.inputs[index]  # (M, width, d + 1)
            scale = self.scale.gather(1, index).mul_(share)[..., None]
            offset = self.offset.gather(1, index).mul_(share)[..., None]
            masks = self._masks(draws, index) if draws else None
            for first in range(0, width, size):
                batch = slice(first, first + size)
                of_batch = None if masks is None else [layer[:, batch] for layer in masks]
                self.differentiate(inputs[:, batch], scale[:, batch], offset[:, batch], of_batch)
                step(stack.gradient)
            if epoch in training.kept_epochs:
                kept.append(stack.parameters.clone())
        return {
            "parameters": torch.stack(kept, dim=1).numpy(),
            "gradient_norms": self.full_gradient().norm(dim=1).numpy(),
        }

    def _masks(self, draws: list[Iterator[np.ndarray]], index: Tensor) -> list[Tensor]:
        """Masks of the next epoch by hidden layer, shape (M, width, units), for the points in their order."""
        speaks = torch.as_tensor(np.stack([next(draw) for draw in draws]))  # (M, n, all hidden units)
        ordered = speaks[torch.arange(len(index))[:, None], index].to(self.inputs.dtype)
        return list(ordered.div_(1 - self.training.dropout).split(self.training.hidden, dim=2))


def batch_shares(counts: np.ndarray, size: int) -> np.ndarray:
    """What each place in an epoch counts in its batch's mean: 1 over the batch's points, 0 past a model's last point.

    >>> batch_shares(np.array([5, 4]), 3).round(2).tolist()
    [[0.33, 0.33, 0.33, 0.5, 0.5], [0.33, 0.33, 0.33, 1.0, 0.0]]
    """
    place = np.arange(counts.max())
    in_batch = np.minimum(size, counts[:, None] - place // size * size)
    return np.where(place < counts[:, None], 1 / np.maximum(in_batch, 1), 0.0)


def _padded(orders: tuple[np.ndarray, ...], width: int) -> np.ndarray:
    """Orders of several models side by side; past a model's last point stands its first, which counts nothing."""
    if all(len(order) == width for order in orders):
        return np.stack(orders)
    return np.stack([np.concatenate([order, np.full(width - len(order), order[0])]) for order in orders])


def train_chunk(work: Work, training: Training) -> dict[str, np.ndarray]:
    """Train models of equally many steps together.

    Args:
        work: some models.
        training: how.

    Returns:
        `parameters`, shape (M, checkpoints, p), and `gradient_norms`, the norm of the whole objective's gradient at
        the end, shape (M,).
    """
    return Chunk(work, training).train()
