"""Sequences as batches: what a language model takes, with the targets and weights of its losses."""

from copy import copy

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from influence_lab.data.sequences import Sequences

Array = np.ndarray
Batch = dict[str, Tensor]


class SequenceDataset(Dataset):
    """Sequences as a data loader wants them, kronfluence's too.

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

    def first(self, count: int) -> "SequenceDataset":
        """The first sequences, as many as there are where there are fewer."""
        return self._at(torch.arange(len(self))[:count])

    def repeated(self, times: int) -> "SequenceDataset":
        """All sequences, one after the other, so many times: labels that a model draws are drawn anew for each."""
        return self._at(torch.arange(len(self)).repeat(times))

    def _at(self, rows: Tensor) -> "SequenceDataset":
        chosen = copy(self)
        for part in ("inputs", "lengths", "targets", "weights"):
            setattr(chosen, part, getattr(self, part)[rows])
        return chosen


def token_dataset(sequences: Sequences) -> SequenceDataset:
    """Sequences whose inputs are their tokens, shape (n, T)."""
    return SequenceDataset(torch.from_numpy(sequences.inputs), sequences)


def collate(rows: list[Batch]) -> Batch:
    """Stack rows, cut to the longest of them: nothing is computed on padding that no row of the batch needs.

    Where no loss counts, one position stays.
    """
    stacked = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    counts = stacked["weights"].any(dim=0)
    used = max(1, int((counts * torch.arange(1, len(counts) + 1)).max()))
    return {name: values[:, :used] for name, values in stacked.items()}
