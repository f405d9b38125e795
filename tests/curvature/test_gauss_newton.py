import pytest
import torch

from influence_lab.curvature.gauss_newton import (
    gauss_newton,
    gauss_newton_product,
    jacobian,
    jacobian_by_backward_passes,
    residual_term,
)
from influence_lab.curvature.hessian import hessian, mean_loss
from tests.curvature.cases import CASES, DEEP_LINEAR, IMAGES, LINEAR, MLP, SOFTMAX, VECTOR, close


def exact_hessian(case):
    return hessian(mean_loss(case.network, case.loss, IMAGES, case.targets), case.parameters)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_hessian_is_gauss_newton_plus_residual_term(case):
    assert close(gauss_newton(*case.at) + residual_term(*case.at), exact_hessian(case))


@pytest.mark.parametrize("case", [SOFTMAX, LINEAR], ids=str)
def test_residual_term_vanishes_for_outputs_linear_in_the_parameters(case):
    assert torch.count_nonzero(residual_term(*case.at)) == 0


def test_deep_linear_network_needs_a_zero_residual():
    network, loss, parameters, images, _ = DEEP_LINEAR.at
    assert not close(gauss_newton(*DEEP_LINEAR.at), exact_hessian(DEEP_LINEAR), tolerance=0.01)
    fitted = network.outputs(parameters, images)
    exact = hessian(mean_loss(network, loss, images, fitted), parameters)
    assert close(gauss_newton(network, loss, parameters, images, fitted), exact)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gauss_newton_is_positive_semi_definite_of_rank_at_most_nk(case):
    network, loss, parameters, images, targets = case.at
    values = torch.linalg.eigvalsh(gauss_newton(network, loss, parameters, images[:2], targets[:2]))
    assert values[0] > -1e-12 * values[-1]
    assert (values > 1e-10 * values[-1]).sum() <= 2 * 10


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own, at its first forward mode
@pytest.mark.parametrize("case", CASES, ids=str)
def test_product_forms_nothing_and_agrees_with_the_matrix(case):
    vector = VECTOR[: case.network.size]
    assert close(gauss_newton_product(*case.at, vector), gauss_newton(*case.at) @ vector)


def test_jacobian_takes_one_backward_pass_an_output():
    rows, passes = jacobian_by_backward_passes(MLP.network, MLP.parameters, IMAGES[0])
    assert passes == 10
    assert close(rows, jacobian(MLP.network, MLP.parameters, IMAGES[:1])[0])
