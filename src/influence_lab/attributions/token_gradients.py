r"""Gradients of the chosen layers, kept as what they are made of: one vector pair a token.

The gradient of a text's loss with respect to the weight of a linear layer is a sum over positions,
$\nabla_W L = \sum_t \mathcal{D}s_t\, a_t^\top$, with $a_t$ the layer's input and $\mathcal{D}s_t$ the gradient with
respect to its output; a layer with a bias has a last input of 1. The pairs are kept: every method, rank and split is
computed from them without another pass over the model, and a text of T tokens takes T (inputs + outputs) numbers in
place of inputs × outputs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from influence_lab.artifacts import read_whole, whole
from influence_lab.attributions.tensor_files import load_tensors
from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.models.adaptation import by_length, only
from influence_lab.models.token_losses import sequence_losses


@dataclass(frozen=True)
class TokenGradients:
    """Vector pairs of all tokens of n texts, one text after another."""

    inputs: dict[str, Tensor]  # layer: a, shape (tokens, inputs), with a bias inputs + 1
    outputs: dict[str, Tensor]  # layer: Ds, shape (tokens, outputs)
    starts: Tensor  # (n + 1,) where each text begins; the last is the number of tokens

    def __len__(self) -> int:
        return len(self.starts) - 1

    def rows(self, text: int) -> slice:
        """The tokens of one text."""
        return slice(int(self.starts[text]), int(self.starts[text + 1]))

    def at(self, texts: Sequence[int]) -> "TokenGradients":
        """The vector pairs of some of the texts."""
        rows = torch.cat([torch.arange(self.starts[text], self.starts[text + 1]) for text in texts])
        lengths = torch.stack([self.starts[text + 1] - self.starts[text] for text in texts])
        inputs, outputs = ({name: kept[rows] for name, kept in side.items()} for side in (self.inputs, self.outputs))
        return TokenGradients(inputs, outputs, torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)]))

    def sums(self, by_token: Tensor) -> Tensor:
        """Sums over the tokens of each text: from (tokens, ...) to (n, ...)."""
        text = torch.repeat_interleave(torch.arange(len(self)), self.starts.diff())
        return by_token.new_zeros(len(self), *by_token.shape[1:]).index_add_(0, text, by_token)

    def gradient(self, layer: str, text: int) -> Tensor:
        """The gradient of one text's loss with respect to the layer's weight, shape (outputs, inputs)."""
        rows = self.rows(text)
        return self.outputs[layer][rows].T @ self.inputs[layer][rows]

    def gradients(self, layer: str, texts: Iterable[int] | None = None) -> Tensor:
        """Those of some texts, or of all, shape (texts, outputs, inputs)."""
        return torch.stack([self.gradient(layer, text) for text in (range(len(self)) if texts is None else texts)])

    def only(self, layer: str) -> "TokenGradients":
        """The vector pairs of one layer."""
        return TokenGradients({layer: self.inputs[layer]}, {layer: self.outputs[layer]}, self.starts)


def token_gradients(
    model: nn.Module, layers: dict[str, nn.Linear], data: SequenceDataset, batch_size: int = 16
) -> TokenGradients:
    """One pass forward and backward over the texts.

    Args:
        model: maps inputs to logits.
        layers: linear layers by name.
        data: the texts; a position is kept when it is at or before the last target that counts.
        batch_size: texts at once.
    """
    only(model, layers)
    lengths = data.lengths
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    dtype, total = data.weights.dtype, int(starts[-1])
    inputs = {name: torch.ones(total, _inputs(layer), dtype=dtype) for name, layer in layers.items()}
    outputs = {name: torch.empty(total, layer.out_features, dtype=dtype) for name, layer in layers.items()}
    seen: dict[str, tuple[Tensor, Tensor]] = {}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, args: tuple[Tensor], output: Tensor) -> None:
            seen[name] = (args[0].detach(), output)

        return hook

    handles = [layer.register_forward_hook(keep(name)) for name, layer in layers.items()]
    try:
        for rows in by_length(data).split(batch_size):
            batch = collate([data[int(row)] for row in rows])
            loss = sequence_losses(model(batch["inputs"]), batch["targets"], batch["weights"]).sum()
            gradients = torch.autograd.grad(loss, [seen[name][1] for name in layers])
            for name, gradient in zip(layers, gradients, strict=True):
                for place, row in enumerate(rows.tolist()):
                    here, length = slice(int(starts[row]), int(starts[row + 1])), int(lengths[row])
                    inputs[name][here, : layers[name].in_features] = seen[name][0][place, :length]
                    outputs[name][here] = gradient[place, :length]
    finally:
        for handle in handles:
            handle.remove()
    return TokenGradients(inputs, outputs, starts)


def _inputs(layer: nn.Linear) -> int:
    return layer.in_features + (layer.bias is not None)


def write_token_gradients(path: Path | str, tokens: TokenGradients) -> None:
    """Keep them as safetensors, which are read by mapping the file into memory."""
    stored = {f"inputs/{name}": vectors for name, vectors in tokens.inputs.items()}
    stored |= {f"outputs/{name}": vectors for name, vectors in tokens.outputs.items()}
    with whole(path) as partial:
        save_file(stored | {"starts": tokens.starts}, partial)


def read_token_gradients(path: Path | str) -> TokenGradients:
    """What `write_token_gradients` kept.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the file.
    """
    stored = read_whole(path, load_tensors)
    sides = {
        side: {name.removeprefix(f"{side}/"): values for name, values in stored.items() if name.startswith(f"{side}/")}
        for side in ("inputs", "outputs")
    }
    return TokenGradients(sides["inputs"], sides["outputs"], stored["starts"])
