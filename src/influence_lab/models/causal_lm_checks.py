"""Whether what was loaded as a causal language model is one, whole: transformers says little where it is not."""

from collections.abc import Collection, Mapping
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

REPORTED = {"output_loading_info": True, "ignore_mismatched_sizes": True}  # the report has the mismatches too
KEYS = {
    "missing_keys": "weights that the configuration asks for are not in the files, and would be random",
    "unexpected_keys": "weights in the files have no place in the configured model",
    "mismatched_keys": "weights in the files have other shapes than the configuration",
}


def check_loaded(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, report: Mapping[str, Any]) -> None:
    """Check the weights, that no token sees a later one, and that every token of the tokenizer has an embedding.

    Args:
        model: as `from_pretrained` gives it.
        tokenizer: that came with it.
        report: of `from_pretrained` with the options `REPORTED`; tied weights and buffers are in none of its sets.

    Raises:
        ValueError: one line on what is not as it must be.
    """
    for kind, meaning in KEYS.items():
        if report[kind]:
            raise ValueError(f"{meaning}: {_listed(report[kind])}; config.json and the weights must belong together")
    rows = model.get_input_embeddings().weight.shape[0]
    largest = max(tokenizer.get_vocab().values(), default=0)
    if largest >= rows:
        raise ValueError(
            f"the tokenizer has token ids up to {largest}, the model embeddings for {rows} tokens (0 to {rows - 1}); "
            "take the tokenizer that the model was trained with"
        )
    if not looks_back_only(model):
        raise ValueError(
            f"in {type(model).__name__} as configured a token sees later ones; take a model that predicts the next "
            "token from those before it"
        )


@torch.no_grad()
def looks_back_only(model: PreTrainedModel) -> bool:
    """Whether the logits at a token are the same whatever token comes after it, up to rounding."""
    ids = torch.zeros(2, 4, dtype=torch.int64)
    ids[1, -1] = 1
    first, second = model.eval()(input_ids=ids, use_cache=False).logits[:, :-1]
    return torch.allclose(first, second, rtol=1e-5, atol=1e-5 * float(first.abs().max()), equal_nan=True)


def _listed(keys: Collection[Any]) -> str:
    names = sorted(key if isinstance(key, str) else str(key[0]) for key in keys)
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
