import pytest
import torch
from torch.testing import assert_close

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.language_scores import gradient_products
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.attributions.two_stage_ekfac import two_stage_scores
from influence_lab.attributions.two_stage_names import VARIANTS
from influence_lab.attributions.two_stage_variants import (
    decided_directions,
    factor_megabytes,
    two_stage_variants,
)
from influence_lab.curvature.ekfac import EigenFactors
from tests.attributions.tiny_llama import kept_gradients, tiny_llama

ALPHA = 0.3
EXACT = {"rtol": 1e-9, "atol": 1e-11}  # double precision, bases orthonormal to 1e-15


@pytest.fixture(scope="module")
def world():
    """Texts, queries and factors; gradients of another model stand for those after fine-tuning."""
    texts, queries, pretrained = kept_gradients()
    tail, layers, _, asked = tiny_llama(seed=1)
    other = token_gradients(tail, layers, asked)
    return other, queries, texts, pretrained, _turned(pretrained)


def _turned(factors):
    """Other factors of the same shapes: eigenvalues and eigenvectors in the opposite order."""
    found = {}
    for name, layer in factors.items():
        one = layer.ekfac
        turned = EigenFactors(one.a_basis.T.contiguous(), one.s_basis.T.contiguous(), one.eigenvalues.flip(0))
        found[name] = LayerFactors(turned, turned)
    return found


def test_the_full_formula_is_that_of_two_stage_scores(world):
    other, queries, texts, pretrained, tuned = world
    found = two_stage_variants(other, queries, texts, texts, tuned, pretrained, ALPHA, [2.0])
    assert found.keys() == VARIANTS.keys() | {"alpha 2"}
    for name, alpha in (("full", ALPHA), ("alpha 2", 2.0)):
        expected = two_stage_scores(other, texts, tuned, pretrained, alpha)
        assert_close(found[name], expected, **EXACT)


def test_ablations_are_single_stage_scores_and_dot_products(world):
    other, queries, texts, pretrained, tuned = world
    found = two_stage_variants(other, queries, texts, texts, tuned, pretrained, ALPHA)
    at_tuned, at_pretrained = (
        {
            name: value.sum(dim=0)
            for name, value in gradient_products(asked, texts, pretrained, ("ekfac", "dot")).items()
        }
        for asked in (other, queries)
    )
    assert_close(found["without_tuned"], at_tuned["ekfac"], **EXACT)
    assert_close(found["wrong"], at_tuned["ekfac"], **EXACT)  # texts after fine-tuning are those before it here
    assert_close(found["dot"], at_tuned["dot"], **EXACT)
    assert_close(found["single"], at_pretrained["ekfac"], **EXACT)


def test_without_stage_ones_inverse_a_weak_curvature_leaves_the_dot_product(world):
    """α/(Λ + α) is 1 but for Λ/α, and Λ is below 2."""
    other, queries, texts, pretrained, tuned = world
    found = two_stage_variants(other, queries, texts, texts, tuned, pretrained, 1e8)
    largest = float(found["dot"].abs().max())
    assert float((found["without_pretrained"] - found["dot"]).abs().max()) < 1e-7 * largest
    assert float((found["full"] - found["without_tuned"]).abs().max()) < 1e-7 * float(found["full"].abs().max())


def test_gradients_after_fine_tuning_are_read_where_they_are_meant(world):
    other, queries, texts, pretrained, tuned = world
    tail, layers, data, _ = tiny_llama(seed=1)
    after = token_gradients(tail, layers, data)
    found = two_stage_variants(other, queries, texts, after, tuned, pretrained, ALPHA)
    expected = gradient_products(other, after, pretrained, ("ekfac",))["ekfac"].sum(dim=0)
    assert_close(found["wrong"], expected, **EXACT)
    assert not torch.allclose(found["wrong"], found["without_tuned"])


def test_directions_are_decided_between_none_and_all(world):
    """Λ/(Λ + α) is nearly 0 for α far above Λ and nearly 1 far below; half of them at α = Λ where Λ is one number."""
    factors = world[-1]
    count = sum(layer.ekfac.eigenvalues.numel() for layer in factors.values())
    assert decided_directions(factors, 1e12) < 1e-9 * count
    assert decided_directions(factors, 1e-12) == pytest.approx(count, rel=1e-9)
    flat = {
        name: LayerFactors(even, even)
        for name, layer in factors.items()
        for even in [
            EigenFactors(layer.ekfac.a_basis, layer.ekfac.s_basis, torch.full_like(layer.ekfac.eigenvalues, 3.0))
        ]
    }
    assert decided_directions(flat, 3.0) == pytest.approx(count / 2, rel=1e-12)


def test_memory_is_of_bases_and_eigenvalues(world):
    """Layers of 16 to 24, in double precision: 8 (16² + 24² + 16 · 24) bytes each."""
    assert factor_megabytes(world[-1]) == pytest.approx(len(world[-1]) * 8 * (16**2 + 24**2 + 16 * 24) / 1e6)
