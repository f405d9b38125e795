"""Retraining as a plain torch loop: the engine's naive oracle, and what its speed is measured against."""

from itertools import repeat

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from influence_lab.models.retraining import one_thread
from influence_lab.models.retraining_order import epoch_masks, epoch_orders, visible
from influence_lab.models.retraining_work import Training, Work, random_start


@one_thread()
def retrain_one_by_one(work: Work, training: Training) -> np.ndarray:
    """Train each model alone, with `nn.Module`, autograd and `torch.optim`, on one thread.

    Args:
        work: points, weights, seeds and starts.
        training: objective "loss" without proximal term; checkpoints are not kept.

    Returns:
        Parameters at the end, shape (M, p), in the engine's layout.
    """
    dtype, network = getattr(torch, training.precision), training.network(work.X.shape[1])
    X, y, weights = (torch.tensor(array, dtype=dtype) for array in (work.X, work.y, work.weights))
    seen, n = visible(work.weights, training), len(work.X)
    rows = []
    for model in range(len(work)):
        start = random_start(network, int(work.start_seeds[model])) if work.starts is None else work.starts[model]
        module = network.module(torch.tensor(start)).to(dtype)
        optimiser, seed = _optimiser(training, module), int(work.order_seeds[model])
        orders = epoch_orders(n, seen[model], seed, training)
        masks = epoch_masks(n, seed, training) if training.dropout else repeat(None, training.epochs)
        for order, speaks in zip(orders, masks, strict=True):
            for batch in torch.as_tensor(order).split(training.batch_size or len(order)):
                optimiser.zero_grad()
                f = module(X[batch]) if speaks is None else _with_dropout(module, X[batch], speaks[batch], training)
                loss = binary_cross_entropy_with_logits(f[:, 0], y[batch], weights[model, batch])
                if training.l1:
                    loss = loss + training.l1 * sum(part.abs().sum() for part in module.parameters())
                loss.backward()
                optimiser.step()
        rows.append(_flat(module))
    return np.stack(rows)


def _with_dropout(module: torch.nn.Module, inputs: Tensor, speaks: np.ndarray, training: Training) -> Tensor:
    """Outputs where some hidden units are silent; `torch.nn.Dropout` with masks that are given."""
    masks = iter((torch.as_tensor(speaks).to(inputs.dtype) / (1 - training.dropout)).split(training.hidden, dim=1))
    value = inputs
    for layer in module:
        value = layer(value) if isinstance(layer, torch.nn.Linear) else layer(value) * next(masks)
    return value


def _optimiser(training: Training, module: torch.nn.Module) -> torch.optim.Optimizer:
    if training.optimiser == "adam":
        return torch.optim.Adam(module.parameters(), lr=training.learning_rate, weight_decay=training.decay)
    momentum = training.momentum if training.optimiser == "momentum" else 0.0
    return torch.optim.SGD(
        module.parameters(), lr=training.learning_rate, momentum=momentum, weight_decay=training.decay
    )


def _flat(module: torch.nn.Module) -> np.ndarray:
    """Weights and biases as `Network` lays them out: the columns of each [W b]."""
    linear = [layer for layer in module if isinstance(layer, torch.nn.Linear)]
    parts = [torch.cat([layer.weight, layer.bias[:, None]], dim=1).T.reshape(-1) for layer in linear]
    return torch.cat(parts).detach().numpy()
