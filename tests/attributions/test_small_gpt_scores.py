import numpy as np
import pytest
import torch

from influence_lab.attributions.small_gpt_scores import (
    METHODS,
    attributed_layers,
    embeddings,
    last_states,
    small_gpt_scores,
)
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.small_corpus import corpus_arrays, small_corpus, split_of
from influence_lab.data.small_corpus_words import VOCABULARY
from influence_lab.models.small_gpt import Architecture, SmallGPT

TABLE = small_corpus(seed=0, compounds=4, statements=2, misled=1, properties=2, elements=2, new=3)
CORPUS = corpus_arrays(TABLE)


def model() -> SmallGPT:
    return SmallGPT(Architecture(len(VOCABULARY), width=8, heads=2, layers=1), seed=0)


@pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence's own
def test_every_method_scores_every_text_and_costs_something():
    scored = small_gpt_scores(model(), CORPUS, TABLE, "", [1.0], seed=0)
    assert set(scored.scores) == {*METHODS, "ekfac 1"}
    shape = tuple(int((TABLE["split"] == split).sum()) for split in ("query", "train"))
    assert all(values.shape == shape and np.isfinite(values).all() for values in scored.scores.values())
    assert scored.costs["ekfac"].seconds > scored.costs["kfac"].seconds > 0


@pytest.mark.parametrize("pattern", ["", "mlp"])
def test_token_gradients_are_those_of_weights_and_biases_of_the_log_probability(pattern):
    """Against autograd of the text's log p; single precision."""
    gpt, texts = model(), split_of(CORPUS, "train")
    layers = attributed_layers(gpt, pattern)
    tokens = token_gradients(gpt, layers, SequenceDataset(torch.from_numpy(texts.inputs), texts))
    for layer in layers.values():
        layer.requires_grad_(True)
    logits = gpt(torch.from_numpy(texts.inputs[:1]))
    chosen = logits.log_softmax(-1).gather(-1, torch.from_numpy(texts.targets[:1])[..., None])[..., 0]
    loss = -(chosen * torch.from_numpy(texts.weights[:1])).sum()
    for name, layer in layers.items():
        parts = torch.autograd.grad(loss, [*layer.parameters()], retain_graph=True)
        whole = torch.cat([parts[0], *[part[:, None] for part in parts[1:]]], dim=1).float()
        torch.testing.assert_close(tokens.gradient(name, 0), whole, rtol=1e-3, atol=1e-5)


def test_a_pattern_without_layers_is_named():
    with pytest.raises(ValueError, match="'convolution'"):
        attributed_layers(model(), "convolution")


def test_embeddings_are_means_over_all_words_of_a_text_the_last_one_too():
    """Single precision; the shorter text is padded."""
    gpt, texts = model(), ["water is heavy", "atoms in water are hydrogen and oxygen"]
    for text, found in zip(texts, embeddings(gpt, texts), strict=True):
        words = [[VOCABULARY.index(word) for word in ["<begin>", *text.split()]]]
        expected = last_states(gpt, np.array(words))[0, 1:].mean(dim=0).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_last_states_give_the_logits():
    gpt, inputs = model(), CORPUS["train_inputs"]
    states = last_states(gpt, inputs)
    torch.testing.assert_close(gpt.unembedding(states), gpt(torch.from_numpy(inputs)))
