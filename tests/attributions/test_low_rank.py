import pytest
import torch

from influence_lab.attributions.language_scores import gradient_methods, gradient_products
from influence_lab.attributions.low_rank import leading_pairs, numbers_kept, pair_scores, scores_by_rank
from tests.attributions.tiny_llama import QUERIES, kept_gradients

FULL = 16  # the shorter side of every layer


@pytest.fixture(scope="module")
def kept():
    return kept_gradients()


def test_the_full_rank_is_ekfac_influence(kept):
    train, queries, factors = kept
    found = scores_by_rank(queries, train, factors, list(range(QUERIES)), [1, 4, FULL, 2 * FULL])
    expected = gradient_methods(gradient_products(queries, train, factors))["ekfac"]
    for place in (2, 3):  # a rank above the layers' own is the full one
        torch.testing.assert_close(found["scores"][place], expected, rtol=1e-9, atol=1e-12)
    assert torch.allclose(found["energy"][2], torch.ones(QUERIES, dtype=torch.float64))
    assert bool((found["energy"].diff(dim=0) >= -1e-12).all())


@pytest.mark.parametrize("shape", [(9, 5), (5, 9)])
def test_the_cut_is_the_best_of_its_rank(shape):
    """Eckart-Young: the squared error is the sum of the squares of the singular values left out."""
    gradient = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    left, right = leading_pairs(gradient, 2)
    error = (gradient - left @ right.T).square().sum()
    torch.testing.assert_close(error, torch.linalg.svdvals(gradient)[2:].square().sum(), rtol=1e-10, atol=0)


def test_pair_scores_are_inner_products_with_each_pair(kept):
    train = kept[0]
    name = next(iter(train.inputs))
    left, right = leading_pairs(train.gradient(name, 0), 3)
    found = train.sums(pair_scores(left, right, train.outputs[name], train.inputs[name]))
    for text in range(len(train)):
        expected = torch.einsum("ok,oi,ik->k", left, train.gradient(name, text), right)
        torch.testing.assert_close(found[text], expected, rtol=1e-9, atol=1e-12)


def test_a_low_rank_takes_less_memory_up_to_the_break_even(kept):
    factors = kept[2]
    shapes = [layer.ekfac.eigenvalues.shape for layer in factors.values()]
    assert numbers_kept(factors, 2) == sum(2 * (outputs + inputs) for outputs, inputs in shapes)
    assert numbers_kept(factors, 2) < numbers_kept(factors, None) < numbers_kept(factors, FULL)
