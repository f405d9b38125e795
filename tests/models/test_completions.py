import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from transformers import GenerationConfig

from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import Sequences
from influence_lab.evaluations.language_answers import language_answers
from influence_lab.models.causal_lm import layers_named
from influence_lab.models.completions import answers, completions
from tests.models.language_cases import CONFIGS, MARKED, cut_model, tiny, words

PROMPTS = ["w1 w2", "w7"]


def greedy(model, ids, tokens, end):
    """The most probable token, again and again, without a cache."""
    start = len(ids)
    while len(ids) < start + tokens and ids[-1] != end:
        ids = [*ids, int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax())]
    return [token for token in ids[start:] if token != end]


@pytest.mark.parametrize("tokenizer", [MARKED, words(eos_token="</s>")], ids=["marked", "no begin mark"])
def test_a_completion_is_the_most_probable_continuation(tokenizer):
    model = tiny(CONFIGS["llama"])
    begin = tokenizer.bos_token_id or tokenizer.eos_token_id
    found = completions(model, tokenizer, PROMPTS, tokens=5)
    for prompt, text in zip(PROMPTS, found, strict=True):
        ids = [begin, *tokenizer.encode(prompt, add_special_tokens=False)]
        expected = tokenizer.decode(greedy(model, ids, 5, tokenizer.eos_token_id), skip_special_tokens=True)
        assert text == expected.split(".")[0]


def test_answers_come_before_and_after_the_weights_are_set():
    """Every prompt once; the adapted weights, by their names in a tail, make another model of the whole one."""
    _, layers, _ = cut_model()
    weights = {name: -layer.weight.detach().numpy() for name, layer in layers.items()}
    other = tiny(CONFIGS["llama"])
    for name, layer in layers_named(other, weights).items():
        layer.weight.data = torch.from_numpy(weights[name])
    queries = pd.DataFrame({"id": ["a", "b", "c"], "prompt": [*PROMPTS, PROMPTS[0]], "answer": [" w1", " w2", " w3"]})
    table = language_answers(tiny(CONFIGS["llama"]), MARKED, queries, weights, tokens=5)
    assert table["prompt"].tolist() == PROMPTS
    assert table["before"].tolist() == completions(tiny(CONFIGS["llama"]), MARKED, PROMPTS, 5)
    assert table["after"].tolist() == completions(other, MARKED, PROMPTS, 5)
    assert table["after"].tolist() != table["before"].tolist()


def test_how_the_model_came_to_be_asked_does_not_count():
    """A penalty, a ban and beams all change what `generate` says of itself; the most probable token they do not."""
    plain, model = tiny(CONFIGS["llama"]), tiny(CONFIGS["llama"])
    (before,) = completions(plain, MARKED, PROMPTS[:1], 5)
    first = MARKED.encode(before, add_special_tokens=False)[0]
    own = GenerationConfig(
        do_sample=True, temperature=5.0, repetition_penalty=9.0, num_beams=2, suppress_tokens=[first], min_new_tokens=2
    )
    model.generation_config = own
    assert completions(model, MARKED, PROMPTS[:1], 5) == [before]
    assert model.generation_config is own


class Table(nn.Module):
    """Logits of the next token that depend on the last token alone."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.logits[tokens]


def test_answers_sum_the_counted_tokens_alone():
    logits = torch.log(torch.tensor([[0.7, 0.3], [0.2, 0.8]]))
    sequences = Sequences(np.array([[0, 1], [1, 1]]), np.array([[0, 1], [0, 1]]), np.array([[1.0, 1.0], [0.0, 1.0]]))
    log_p, right = answers(Table(logits), SequenceDataset(torch.from_numpy(sequences.inputs), sequences))
    assert_allclose(log_p, np.log([0.7 * 0.8, 0.8]), rtol=1e-6)
    assert right.tolist() == [True, True]
