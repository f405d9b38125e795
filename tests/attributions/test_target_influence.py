import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.func import grad, jacrev

from influence_lab.attributions.target_influence import target_influences
from influence_lab.attributions.target_newton import newton_target_scores
from influence_lab.data.small_reasoning import CONTEXT, VOCABULARY, reasoning_sequences, small_reasoning
from influence_lab.models.anchored_gpt import anchored, trained
from influence_lab.models.held_newton import solve
from influence_lab.models.small_gpt import Architecture, SmallGPT

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning"),  # kronfluence 1.0.1 under torch 2.13
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),  # torch's own, for jvp
]
COUNTS = {"math easy": 3, "math hard": 3, "code easy": 3, "code hard": 3}
TABLE = small_reasoning(0, COUNTS, spare=1, asked=1, wrong=0.0)
PACKED = reasoning_sequences(TABLE)
TEXTS, TARGET = (PACKED[(TABLE["split"] == split).to_numpy()] for split in ("train", "target"))
DAMPING = 0.05
SINGLE = {"rtol": 1e-3, "atol": 1e-4}  # float32, sums over a few hundred thousand numbers


@pytest.fixture(scope="module")
def influences():
    model = SmallGPT(Architecture(len(VOCABULARY), CONTEXT, width=8, heads=2, layers=1), seed=1)
    sets = {"all": TARGET} | {str(row): TARGET[row : row + 1] for row in range(len(TARGET))}
    return target_influences(model, TEXTS, sets, seed=0, decay=DAMPING)


def test_the_token_split_sums_to_the_texts_influence(influences):
    whole = influences["all"].of_texts(TEXTS)
    assert_allclose(influences["all"].of_loss_tokens(TEXTS).sum(axis=1), whole, **SINGLE)


def test_tokens_that_do_not_count_have_no_loss_to_mask(influences):
    assert not influences["all"].of_loss_tokens(TEXTS)[TEXTS.weights == 0].any()


def test_influence_on_a_mean_is_the_mean_of_influences(influences):
    single = [influences[str(row)].of_texts(TEXTS) for row in range(len(TARGET))]
    assert_allclose(influences["all"].of_texts(TEXTS), np.mean(single, axis=0), **SINGLE)


@pytest.fixture(scope="module")
def held():
    return anchored(trained(TEXTS, len(VOCABULARY), width=4, steps=20), TEXTS, DAMPING)


def test_the_solve_is_that_of_the_gauss_newton_matrix_written_out(held):
    """Conjugate gradient to 1e-10; G + λ from its Cholesky factor; a condition number below 1e4."""
    found = newton_target_scores(held.model, TEXTS, np.ones(len(TEXTS)), TARGET, DAMPING, 1e-10)
    slope = grad(lambda theta: held.losses(theta, TARGET).sum() / len(TARGET))(held.theta)
    gradients = jacrev(lambda theta: held.losses(theta, TEXTS).sum(dim=1))(held.theta)
    with torch.no_grad():
        expected = (gradients @ solve(held.factor(), slope)).numpy()
    assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_twice_the_volume_and_the_damping_halve_influence(held):
    once = newton_target_scores(held.model, TEXTS, np.ones(len(TEXTS)), TARGET, DAMPING, 1e-10)
    twice = newton_target_scores(held.model, TEXTS, np.full(len(TEXTS), 2.0), TARGET, 2 * DAMPING, 1e-10)
    assert_allclose(2 * twice, once, rtol=1e-6, atol=1e-8)


def test_with_a_block_of_each_parameter_the_rest_of_the_matrix_does_not_matter(held):
    """Of a block-diagonal matrix the solution is the sum of each block's own, with all others left out."""
    names = [name for name, _ in held.model.named_parameters()]
    blocks = [names[:2], names[2:]]
    ones = np.ones(len(TEXTS))
    both, *single = (
        newton_target_scores(held.model, TEXTS, ones, TARGET, DAMPING, 1e-10, blocks=chosen)
        for chosen in (blocks, blocks[:1], blocks[1:])
    )
    whole = newton_target_scores(held.model, TEXTS, ones, TARGET, DAMPING, 1e-10)
    assert_allclose(both, sum(single), rtol=1e-6, atol=1e-8)
    assert np.abs(both - whole).max() > 1e-3 * np.abs(whole).max()


def test_the_block_diagonal_solve_is_that_of_the_matrix_written_out(held):
    """Parameters of the model lie in the order of `held.theta`; G + λ with zeros between two blocks."""
    names = [name for name, _ in held.model.named_parameters()]
    found = newton_target_scores(
        held.model, TEXTS, np.ones(len(TEXTS)), TARGET, DAMPING, 1e-10, TARGET, (names[:2], names[2:])
    )
    first = sum(values.numel() for _, values in list(held.model.named_parameters())[:2])
    with torch.no_grad():
        factor = held.factor()
        matrix = factor @ factor.T
        matrix[:first, first:] = 0
        matrix[first:, :first] = 0
    slope = grad(lambda theta: held.losses(theta, TARGET).sum() / len(TARGET))(held.theta)
    gradients = jacrev(lambda theta: held.losses(theta, TARGET).sum(dim=1))(held.theta)
    with torch.no_grad():
        expected = (gradients @ torch.linalg.solve(matrix, slope)).numpy()
    assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
