"""One more epoch of a language model's adaptation, with and without a new sentence: what adding it really does."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.models.adaptation import by_length, losses, only
from influence_lab.models.token_losses import sequence_losses

Array = np.ndarray


def addition_effects(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    train: SequenceDataset,
    new: SequenceDataset,
    queries: SequenceDataset,
    chosen: Sequence[int],
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> Array:
    r"""Change of each query's log p when a new sentence is in the epoch, against the same epoch without it.

    Batches and their order are the same in all runs, and the first half is run once for all of them. The sentence joins
    the batch in the middle, whose loss stays divided by the batch size: this adds it with ε = +1/n, once.

    Args:
        model: maps inputs to logits; left as it is after the last run.
        layers: what is trained.
        train: the n texts.
        new: sentences.
        queries: prompts with completions.
        chosen: rows of the sentences to add, one a run.
        batch_size: texts a step.
        learning_rate: of Adam, falling linearly to 0 over the epoch.
        seed: orders the batches.

    Returns:
        Shape (queries, chosen), in nats.
    """
    weights = only(model, layers)
    optimizer = torch.optim.Adam(weights, lr=learning_rate)
    batches = list(by_length(train).split(batch_size))
    order = torch.randperm(len(batches), generator=torch.Generator().manual_seed(seed)).tolist()
    middle = len(order) // 2

    def step(number: int, extra: int | None = None) -> None:
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - number / len(order))
        rows = [train[int(row)] for row in batches[order[number]]]
        loss = _sum(model, rows) if extra is None else _sum(model, rows) + _sum(model, [new[extra]])
        optimizer.zero_grad()
        (loss / len(rows)).backward()
        optimizer.step()

    for number in range(middle):
        step(number)
    held = [weight.detach().clone() for weight in weights], deepcopy(optimizer.state_dict())

    def finish(extra: int | None) -> Tensor:
        with torch.no_grad():
            for weight, value in zip(weights, held[0], strict=True):
                weight.copy_(value)
        optimizer.load_state_dict(deepcopy(held[1]))
        for number in range(middle, len(order)):
            step(number, extra if number == middle else None)
        return -losses(model, queries)

    without = finish(None)
    return torch.stack([finish(int(extra)) - without for extra in chosen], dim=1).numpy()


def _sum(model: nn.Module, rows: list[dict[str, Tensor]]) -> Tensor:
    batch = collate(rows)
    return sequence_losses(model(batch["inputs"]), batch["targets"], batch["weights"]).sum()
