import pandas as pd
import pytest
import torch

from influence_lab.evaluations.language_answers import language_answers
from influence_lab.models.causal_lm import layers_named
from influence_lab.models.completions import completions
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
