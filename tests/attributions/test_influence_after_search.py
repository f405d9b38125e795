import numpy as np
import pytest
import torch

from influence_lab.attributions.influence_after_search import timed_scores
from influence_lab.attributions.language_scores import gradient_methods, gradient_products
from tests.attributions.tiny_llama import TEXTS, kept_gradients, tiny_llama


@pytest.fixture(scope="module")
def kept():
    return kept_gradients()


def test_texts_taken_alone_have_the_influence_that_they_have_among_all(kept):
    """In double precision; the products are summed in another order."""
    train, queries, factors = kept
    tail, layers, texts, _ = tiny_llama()
    everything = gradient_methods(gradient_products(queries, train, factors))["ekfac"]
    states = {f"train_{part}": getattr(texts, part).numpy() for part in ("inputs", "targets", "weights")}
    states["train_states"] = states["train_inputs"]
    found = np.array([[7, 2, 5], [0, 11, 3]])
    scores, cost = timed_scores(tail, layers, states, queries, np.array([0, 2]), found, factors)
    for place, query in enumerate((0, 2)):
        torch.testing.assert_close(
            torch.from_numpy(scores[place]), everything[query, found[place]], rtol=1e-9, atol=1e-12
        )
    assert cost["texts"].tolist() == [3, 3, TEXTS]
    assert cost["what"].tolist() == ["found", "found", "all"]
