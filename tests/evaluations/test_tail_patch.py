import numpy as np
import torch

from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.evaluations.tail_patch import tail_patch
from tests.models.language_cases import cut_model


def test_a_small_step_does_what_the_dot_product_says_and_is_taken_back():
    """The error of first order falls with the square of the step: ten times smaller, a hundredfold less (50 asked)."""
    tail, layers, data = cut_model()
    before = {name: layer.weight.clone() for name, layer in layers.items()}
    tokens = token_gradients(tail, layers, data)
    products = sum(
        torch.stack([tokens.gradient(name, row) for row in range(len(tokens))]).flatten(1)
        @ torch.stack([tokens.gradient(name, row) for row in range(len(tokens))]).flatten(1).T
        for name in layers
    ).numpy()
    scores = {"dot": products, "random": np.random.default_rng(0).random(products.shape)}
    errors = []
    for rate in (1e-3, 1e-4):
        table = tail_patch(tail, layers, data, tokens, scores, [0, 2], 2, rate, seed=0)
        errors.append((table["change"] - table["first_order"]).abs().max())
        assert (table.loc[table["method"] == "dot", "change"] > 0).all()
    assert errors[1] < errors[0] / 50
    assert all(torch.equal(layer.weight, before[name]) for name, layer in layers.items())
