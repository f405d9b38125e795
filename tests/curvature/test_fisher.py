import pytest
import torch

from influence_lab.curvature.fisher import empirical_fisher, fisher, sampled_fisher, sequence_fisher
from influence_lab.curvature.gauss_newton import contract, gauss_newton, jacobian, sequence_gauss_newton
from influence_lab.curvature.output_hessian import expected_output_hessians
from influence_lab.models.layered import Network
from influence_lab.models.losses import CROSS_ENTROPY, SQUARE_LINK
from tests.curvature.cases import CASES, IMAGES, LABELS, MLP, close


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fisher_is_gauss_newton_for_natural_outputs(case):
    assert close(fisher(case.network, case.loss, case.parameters, IMAGES), gauss_newton(*case.at))


def test_other_outputs_need_the_expected_output_hessian():
    """p proportional to u²: F = Jᵀ E[H_y] J, but not G, which is not even positive semi-definite."""
    network, _, parameters, images, labels = MLP.at
    F = fisher(network, SQUARE_LINK, parameters, images)
    expected = expected_output_hessians(SQUARE_LINK, network.outputs(parameters, images))
    assert close(contract(jacobian(network, parameters, images), expected), F, tolerance=1e-10)  # u near 0: poles
    G = gauss_newton(network, SQUARE_LINK, parameters, images, labels)
    assert not close(G, F, tolerance=0.1)
    assert torch.linalg.eigvalsh(G)[0] < -0.01


def test_empirical_fisher_is_another_matrix():
    assert not close(empirical_fisher(*MLP.at), gauss_newton(*MLP.at), tolerance=0.1)


def test_mean_of_sampled_fishers_with_one_label_is_the_fisher():
    """Unbiased: the mean of 400 estimates is within 1/√400 of one estimate's error; three times that are allowed."""
    F = fisher(MLP.network, MLP.loss, MLP.parameters, IMAGES)
    generator = torch.Generator().manual_seed(0)
    estimates = torch.stack(
        [sampled_fisher(MLP.network, MLP.loss, MLP.parameters, IMAGES, 1, generator) for _ in range(400)]
    )
    one = (estimates - F).square().sum((1, 2)).mean().sqrt()
    assert (estimates.mean(0) - F).norm() < 3 * one / 400**0.5


def test_sampled_fisher_is_consistent():
    """30,000 labels an example: the error is 1/√30,000 of that with one label, which is about a half."""
    generator = torch.Generator().manual_seed(0)
    estimate = sampled_fisher(MLP.network, MLP.loss, MLP.parameters, IMAGES, 30_000, generator)
    assert close(estimate, gauss_newton(*MLP.at), tolerance=0.01)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_sequence_fisher_is_gauss_newton_for_the_sum_over_tokens_only(length):
    """Each matrix from the derivatives of its own sequence loss."""
    network = Network((16, 2, 3))
    at = (network, CROSS_ENTROPY, network.initial(0), IMAGES[:length])
    labels = torch.zeros(length, dtype=torch.int64)
    assert close(sequence_fisher(*at, torch.sum), sequence_gauss_newton(*at, labels, torch.sum))
    assert close(length * sequence_fisher(*at, torch.mean), sequence_gauss_newton(*at, labels, torch.mean))


def test_sequence_gauss_newton_of_the_mean_is_that_of_the_tokens_as_examples():
    network, labels = Network((16, 2, 3)), LABELS[:4] % 3
    at = (network, CROSS_ENTROPY, network.initial(0), IMAGES[:4], labels)
    assert close(sequence_gauss_newton(*at, torch.mean), gauss_newton(*at))
