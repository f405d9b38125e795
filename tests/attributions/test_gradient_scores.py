import pytest
import torch
from torch.testing import assert_close

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.language_scores import METHODS, gradient_methods, gradient_products, gradient_scores
from influence_lab.attributions.token_gradients import TokenGradients
from influence_lab.curvature.ekfac import EigenFactors

LAYERS = {"one": (3, 2), "two": (4, 5)}  # inputs, outputs


def case(seed: int = 0):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def tokens(lengths: list[int]) -> TokenGradients:
        starts = torch.tensor([0, *lengths]).cumsum(0)
        sides = ({name: normal(sum(lengths), sizes[side]) for name, sizes in LAYERS.items()} for side in (0, 1))
        return TokenGradients(*sides, starts)

    factors = {}
    for name, (inputs, outputs) in LAYERS.items():
        a_basis, s_basis = torch.linalg.qr(normal(inputs, inputs))[0], torch.linalg.qr(normal(outputs, outputs))[0]
        both = [EigenFactors(a_basis, s_basis, normal(outputs, inputs).square()) for _ in range(2)]
        factors[name] = LayerFactors(*both)
    return tokens([2, 3]), tokens([1, 4, 2] * 7), factors


@pytest.mark.parametrize("method", METHODS)
def test_one_method_at_a_time_gives_what_all_together_give(method):
    queries, train, factors = case()
    expected = gradient_methods(gradient_products(queries, train, factors))[method]
    assert_close(
        gradient_scores(method, queries, train, factors), expected, rtol=1e-12, atol=1e-14 * float(expected.abs().max())
    )


def test_with_a_large_damping_ekfac_is_a_dot_product_with_every_layer_over_its_lambda():
    """(Λ + λ)⁻¹ → 1/λ, to a relative error of max Λ / λ < 1e-3."""
    queries, train, factors = case()
    share = 1e5
    expected = 0.0
    for name, layer in factors.items():
        gradients = [
            torch.stack([tokens.gradient(name, row) for row in range(len(tokens))]).flatten(1)
            for tokens in (queries, train)
        ]
        expected = expected + gradients[0] @ gradients[1].T / (share * layer.ekfac.eigenvalues.mean())
    scale = float(expected.abs().max())
    found = gradient_scores("ekfac", queries, train, factors, share)
    assert_close(found / scale, expected / scale, rtol=1e-3, atol=1e-3)
