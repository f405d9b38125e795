"""What a language model answers before and after its adaptation."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from influence_lab.models.causal_lm import layers_named
from influence_lab.models.completions import completions
from influence_lab.models.language_states import set_weights

Array = np.ndarray


def language_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    queries: pd.DataFrame,
    weights: Mapping[str, Array],
    tokens: int,
) -> pd.DataFrame:
    """Greedy completions of every prompt by the model as it came, then with the adapted weights in it.

    Args:
        model: the whole model; its layers are changed in place.
        tokenizer: its tokenizer.
        queries: columns id, prompt, answer.
        weights: of the adapted layers, by their name in the tail.
        tokens: most tokens of a completion.

    Returns:
        One row a prompt: prompt, before, after.
    """
    prompts = list(dict.fromkeys(queries["prompt"]))
    before = completions(model, tokenizer, prompts, tokens)
    set_weights(layers_named(model, weights), weights)
    return pd.DataFrame({"prompt": prompts, "before": before, "after": completions(model, tokenizer, prompts, tokens)})
