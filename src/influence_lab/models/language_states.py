"""What the frozen blocks of a language model make of every text, computed once; the tail goes on from there."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.causal_lm import Tail, blocks, linear_layers, read_causal_lm, states_at, without_biases

Array = np.ndarray


def language_states(model: PreTrainedModel, adapted_blocks: int, splits: Mapping[str, Sequences]) -> dict[str, Array]:
    """Tokens of each split with the states that enter the first adapted block.

    Args:
        model: the whole model.
        adapted_blocks: number of last blocks that are not frozen.
        splits: sequences by name.

    Returns:
        `SPLIT_inputs`, `SPLIT_targets`, `SPLIT_weights` of shape (n, T) and `SPLIT_states` of shape (n, T, d).
    """
    cut, found = first_adapted(model, adapted_blocks), {}
    for split, sequences in splits.items():
        states = torch.zeros(*sequences.inputs.shape, model.config.hidden_size, dtype=model.dtype)
        lengths = torch.from_numpy(sequences.lengths)
        for rows in lengths.argsort(stable=True).split(16):
            longest = int(lengths[rows].max())
            states[rows, :longest] = states_at(model, cut, torch.from_numpy(sequences.inputs)[rows, :longest])
        found |= {
            f"{split}_inputs": sequences.inputs,
            f"{split}_targets": sequences.targets,
            f"{split}_weights": sequences.weights,
            f"{split}_states": states.numpy(),
        }
    return found


def first_adapted(model: PreTrainedModel, adapted_blocks: int) -> int:
    """Index of the first block that is not frozen; 0 where more are asked for than the model has."""
    return max(len(blocks(model)) - adapted_blocks, 0)


def sequences_of(states: Mapping[str, Array], split: str) -> Sequences:
    """The tokens of a split."""
    return Sequences(*(states[f"{split}_{part}"] for part in ("inputs", "targets", "weights")))


def dataset_of(states: Mapping[str, Array], split: str) -> SequenceDataset:
    """The states of a split as the tail's inputs."""
    return SequenceDataset(torch.from_numpy(states[f"{split}_states"]), sequences_of(states, split))


def load_tail(
    folder: Path | str, adapted_blocks: int, pattern: str, weights: Mapping[str, Array] | None = None
) -> tuple[Tail, dict[str, nn.Linear]]:
    """The blocks that are not frozen, and their layers that are adapted.

    Args:
        folder: the whole model, as the rule `language_model` wrote it.
        adapted_blocks: number of last blocks that are not frozen.
        pattern: part of the names of the layers that are adapted.
        weights: adapted weights by layer; the model's own where not given.

    Biases of these layers are neither adapted nor attributed.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the folder.
        ModelError: no layer has such a name.
    """
    model, _ = read_causal_lm(Path(folder))
    return tail_of(model, adapted_blocks, pattern, weights)


def tail_of(
    model: PreTrainedModel, adapted_blocks: int, pattern: str, weights: Mapping[str, Array] | None = None
) -> tuple[Tail, dict[str, nn.Linear]]:
    """The same of a model that is there already; its other blocks are gone afterwards.

    Raises:
        ModelError: no layer has such a name.
    """
    cut = first_adapted(model, adapted_blocks)
    tail = Tail(model, cut)
    layers = without_biases(linear_layers(tail, cut, pattern))
    set_weights(layers, weights or {})
    return tail, layers


def set_weights(layers: Mapping[str, nn.Linear], weights: Mapping[str, Array | Tensor]) -> None:
    """Copy weights into layers of the same name."""
    with torch.no_grad():
        for name, weight in weights.items():
            layers[name].weight.copy_(torch.as_tensor(weight))
