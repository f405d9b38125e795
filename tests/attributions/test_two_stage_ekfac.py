import pytest
import torch
from torch.testing import assert_close

from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import gradient_products
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.attributions.two_stage_ekfac import two_stage_scores
from tests.attributions.language_cases import fitted
from tests.models.language_cases import cut_model

pytestmark = pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13
FOUR_ROTATIONS = {"rtol": 1e-6, "atol": 1e-9}  # kronfluence's bases are orthonormal to 1e-7


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Texts that are their own queries; the same factors stand for both stages."""
    tail, layers, data = cut_model()
    tokens = token_gradients(tail, layers, data)
    return tokens, read_factors(fitted(tmp_path_factory.mktemp("world"), tail, layers, data, task=LanguageTask))


def test_scores_are_those_of_the_matrices_written_out(world):
    tokens, factors = world
    alpha, damping = 0.3, 0.02
    expected = torch.zeros(len(tokens), len(tokens), dtype=torch.float64)
    for name, layer in factors.items():
        vectors = torch.stack([tokens.gradient(name, text).T.reshape(-1) for text in range(len(tokens))])
        matrix, one = layer.ekfac.matrix(), torch.eye(vectors.shape[1])
        carried = alpha * torch.linalg.solve(matrix + alpha * one, vectors.T)
        expected += vectors @ torch.linalg.solve(matrix + (damping + layer.ekfac.damping) * one, carried)
    assert_close(
        two_stage_scores(tokens, tokens, factors, factors, alpha, damping=damping), expected.T, **FOUR_ROTATIONS
    )


def test_a_strong_proximity_gives_single_stage_influence(world):
    """α/(Λ + α) is 1 but for Λ/α: Λ is below 10 here."""
    tokens, factors = world
    assert float(max(layer.ekfac.eigenvalues.max() for layer in factors.values())) < 10
    single = gradient_products(tokens, tokens, factors, ("ekfac",))["ekfac"].sum(dim=0)
    found = two_stage_scores(tokens, tokens, factors, factors, alpha=1e9)
    assert float((found - single).abs().max()) < 1e-7 * float(single.abs().max())
