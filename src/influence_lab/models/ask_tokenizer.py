"""The tokenizer of the reader's model, read without the model."""

from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerBase

from influence_lab.models.language_model_source import REMEDY, ModelError

SETTING = "ask.model"


def tokenizer_and_context(folder: str, longest: int) -> tuple[PreTrainedTokenizerBase, int]:
    """The tokenizer alone, and most tokens of a text: as many as are allowed, or as the model has places for.

    Raises:
        ModelError: the folder holds no tokenizer or no configuration that can be read.
    """
    try:
        places = getattr(AutoConfig.from_pretrained(folder), "max_position_embeddings", longest)
        return AutoTokenizer.from_pretrained(folder), min(longest, places)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise ModelError(f"{SETTING}: no tokenizer could be loaded from {folder} ({error}); {REMEDY}") from error
