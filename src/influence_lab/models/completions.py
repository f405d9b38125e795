"""What a language model says after a prompt."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from influence_lab.data.encoding import begin_mark
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.models.adaptation import by_length

Array = np.ndarray


@torch.no_grad()
def completions(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: list[str], tokens: int
) -> list[str]:
    """The model's most probable continuation of each prompt, one token after another.

    Args:
        model: the whole model.
        tokenizer: its tokenizer.
        prompts: texts; the begin mark is put before each.
        tokens: most tokens of a continuation.

    Returns:
        Continuations with their leading space, cut at the first full stop or line end.
    """
    found = []
    for prompt in prompts:
        ids = torch.tensor([[*begin_mark(tokenizer), *tokenizer.encode(prompt, add_special_tokens=False)]])
        with _greedy(model, tokenizer.eos_token_id):
            out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens)
        text = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        found.append(text.split("\n")[0].split(".")[0])
    return found


@contextmanager
def _greedy(model: PreTrainedModel, end: int | None) -> Iterator[None]:
    """Set aside how the model came to be asked: a penalty on repetition, say, is not the most probable token.

    `generate` fills whatever it is not given from the model's own configuration, so that this is exchanged.
    """
    own = model.generation_config
    ends = end if own.eos_token_id is None else own.eos_token_id
    model.generation_config = GenerationConfig(do_sample=False, num_beams=1, eos_token_id=ends, pad_token_id=end)
    try:
        yield
    finally:
        model.generation_config = own


def answers(model: nn.Module, questions: SequenceDataset) -> tuple[Array, Array]:
    """Log p of each question's answer in nats, and whether every token of it is the most probable; shapes (m,).

    Args:
        model: maps the questions' inputs to logits.
        questions: prompts with their answers, whose tokens alone count.
    """
    log_p, right = np.empty(len(questions)), np.empty(len(questions), dtype=bool)
    with torch.no_grad():
        for rows in by_length(questions).split(16):
            logits = model(questions.inputs[rows])
            targets, counts = questions.targets[rows], questions.weights[rows]
            tokens = logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
            log_p[rows.numpy()] = (tokens * counts).sum(-1).numpy()
            right[rows.numpy()] = ((logits.argmax(-1) == targets) | (counts == 0)).all(-1).numpy()
    return log_p, right
