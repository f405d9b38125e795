"""Continual pre-training of a few layers of a language model: the situation of the blog's author, in small."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.models.token_losses import sequence_losses


@dataclass(frozen=True)
class Adaptation:
    """How the layers are trained."""

    epochs: int
    batch_size: int  # texts
    learning_rate: float  # of Adam, falling linearly to 0
    seed: int  # orders the texts
    proximity: float = 0.0  # α of (α/2)‖θ − θ₀‖², θ₀ the weights at the start


def only(model: nn.Module, layers: dict[str, nn.Linear]) -> list[nn.Parameter]:
    """Make the weights of these layers the only parameters that are trained, and give them."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    weights = [layer.weight for layer in layers.values()]
    for weight in weights:
        weight.requires_grad_(True)
    return weights


def adapt(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    train: SequenceDataset,
    held_out: dict[str, SequenceDataset],
    how: Adaptation,
) -> pd.DataFrame:
    r"""Minimise $\frac1n \sum_i L_i + \frac\alpha2\|\theta - \theta_0\|^2$ over the layers' weights θ. In place.

    $L_i$ is summed over the tokens of text i; θ₀ are the weights that are found, and α is mostly 0.

    Args:
        model: maps the datasets' inputs to logits.
        layers: what is trained; all else is left as it is.
        train: the n texts.
        held_out: datasets whose loss is followed.
        how: epochs, batch size, learning rate, seed and α.

    Returns:
        Columns epoch (0 is before), split, loss (nats a token).
    """
    weights = only(model, layers)
    start = [weight.detach().clone() for weight in weights] if how.proximity else []
    optimizer = torch.optim.Adam(weights, lr=how.learning_rate)
    generator = torch.Generator().manual_seed(how.seed)
    batches = list(by_length(train).split(how.batch_size))
    steps = how.epochs * len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    followed = {"train": train} | held_out
    history = [_measured(model, followed, 0)]
    for epoch in range(1, how.epochs + 1):
        for place in torch.randperm(len(batches), generator=generator):
            batch = collate([train[int(row)] for row in batches[place]])
            losses = sequence_losses(model(batch["inputs"]), batch["targets"], batch["weights"])
            optimizer.zero_grad()
            losses.mean().backward()
            if how.proximity:
                for weight, before in zip(weights, start, strict=True):
                    weight.grad.add_(weight.detach() - before, alpha=how.proximity)
            optimizer.step()
            schedule.step()
        history.append(_measured(model, followed if epoch == how.epochs else held_out, epoch))
    return pd.concat(history, ignore_index=True)


def by_length(data: SequenceDataset) -> Tensor:
    """Rows from the shortest text to the longest: batches of neighbours have little padding."""
    return data.lengths.argsort(stable=True)


@torch.no_grad()
def losses(model: nn.Module, data: SequenceDataset, batch_size: int = 16) -> Tensor:
    """$L_i$ of every sequence, shape (n,)."""
    found = torch.empty(len(data), dtype=data.weights.dtype)
    for rows in by_length(data).split(batch_size):
        batch = collate([data[int(row)] for row in rows])
        found[rows] = sequence_losses(model(batch["inputs"]), batch["targets"], batch["weights"])
    return found


def _measured(model: nn.Module, followed: dict[str, SequenceDataset], epoch: int) -> pd.DataFrame:
    rows = [
        {"epoch": epoch, "split": split, "loss": float(losses(model, data).sum() / data.weights.sum())}
        for split, data in followed.items()
    ]
    return pd.DataFrame(rows)
