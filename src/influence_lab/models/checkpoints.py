"""Train several random starts at once, and keep the parameters along the way."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.func import vmap

from influence_lab.models.layered import Network
from influence_lab.models.losses import Loss


def train(
    network: Network,
    loss: Loss,
    inputs: Tensor,
    targets: Tensor,
    seeds: Sequence[int],
    checkpoints: Sequence[int],
    learning_rate: float,
) -> Tensor:
    """Minimise the mean loss by full-batch Adam from one random start a seed, all starts in one batch.

    Adam works on each number alone and the loss is a sum over starts, so that the starts do not see each other.

    Args:
        network: y = f(θ, x).
        loss: L(y, t).
        inputs: shape (n, d).
        targets: classes (n,) or values (n, K).
        seeds: one start each.
        checkpoints: steps after which θ is kept, increasing; 0 keeps the start.
        learning_rate: Adam's step size.

    Returns:
        Parameters of shape (seeds, checkpoints, p).
    """
    parameters = torch.stack([network.initial(seed) for seed in seeds]).requires_grad_()
    optimiser = torch.optim.Adam([parameters], lr=learning_rate)
    outputs_of_all = vmap(network.outputs, in_dims=(0, None))
    kept = []
    for step in range(checkpoints[-1] + 1):
        if step in checkpoints:
            kept.append(parameters.detach().clone())
        outputs = outputs_of_all(parameters, inputs)  # (seeds, n, K)
        total = loss.value(outputs, targets.expand(len(seeds), *targets.shape)).mean(1).sum()
        parameters.grad = torch.autograd.grad(total, parameters)[0]
        optimiser.step()
    return torch.stack(kept, dim=1)
