"""What kronfluence has to know of a language model: its loss, sampled or given, and what is measured."""

from collections.abc import Sequence as Names
from copy import copy

import numpy as np
import torch
from kronfluence.task import Task
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import Dataset

from influence_lab.data.sequences import Sequences

Array = np.ndarray
Batch = dict[str, Tensor]


def sequence_losses(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    r"""$-\sum_t w_t \log p(y_t \mid x_{\le t})$ of each sequence, shape (B,), from logits (B, T, V)."""
    losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return (losses.view(targets.shape) * weights).sum(dim=1)


class LanguageTask(Task):
    """Losses summed over tokens and over the batch: kronfluence divides by the number of sequences itself."""

    def __init__(self, layers: Names[str]) -> None:
        """Track the named `nn.Linear` layers."""
        self.layers = list(layers)

    def compute_train_loss(self, batch: Batch, model: nn.Module, sample: bool = False) -> Tensor:
        """Loss of the batch, with its own targets or, for the true Fisher information, with targets sampled."""
        logits = model(batch["inputs"])
        targets = batch["targets"]
        if sample:
            with torch.no_grad():
                probabilities = logits.detach().flatten(0, 1).softmax(dim=-1)
                targets = torch.multinomial(probabilities, num_samples=1).view(targets.shape)
        return sequence_losses(logits, targets, batch["weights"]).sum()

    def compute_measurement(self, batch: Batch, model: nn.Module) -> Tensor:
        r"""$-\log p$ of the completions.

        kronfluence's score is then $\nabla(-\log p)^\top (G + \lambda)^{-1} \nabla L_i$, the influence of text i on
        $\log p$: positive where the text helped.
        """
        return self.compute_train_loss(batch, model)

    def get_influence_tracked_modules(self) -> list[str]:
        """The names given at the start."""
        return self.layers

    def get_attention_mask(self, batch: Batch) -> Tensor:
        """1 up to the last loss that counts, 0 on padding: padded positions are not counted in the covariances.

        A position whose own loss does not count, in a prompt, still has a gradient: what follows attends to it.
        """
        return (batch["weights"].flip(1).cumsum(1).flip(1) > 0).long()


class SequenceDataset(Dataset):
    """Sequences as kronfluence's data loader wants them.

    Args:
        inputs: what the model takes, shape (n, T) or (n, T, d).
        sequences: their targets and weights.
    """

    def __init__(self, inputs: Tensor, sequences: Sequences) -> None:
        self.inputs = inputs
        self.lengths = torch.from_numpy(sequences.lengths)  # (n,)
        self.targets = torch.from_numpy(sequences.targets)
        self.weights = torch.from_numpy(sequences.weights).to(torch.get_default_dtype())
        if inputs.is_floating_point():
            self.weights = self.weights.to(inputs.dtype)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, row: int) -> Batch:
        return {"inputs": self.inputs[row], "targets": self.targets[row], "weights": self.weights[row]}

    def counting(self, rows: Array) -> "SequenceDataset":
        r"""The same sequences, in which the losses of these rows alone count.

        Numbers and lengths stay, and with them the batches and their order: means over batches then differ from those
        of all sequences by the losses that are left out, ε = −1/n each, and by nothing else.
        """
        chosen = copy(self)
        chosen.weights = torch.zeros_like(self.weights)
        chosen.weights[rows] = self.weights[rows]
        return chosen


def collate(rows: list[Batch]) -> Batch:
    """Stack rows, cut to the longest of them: nothing is computed on padding that no row of the batch needs.

    Where no loss counts, one position stays.
    """
    stacked = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    counts = stacked["weights"].any(dim=0)
    used = max(1, int((counts * torch.arange(1, len(counts) + 1)).max()))
    return {name: values[:, :used] for name, values in stacked.items()}
