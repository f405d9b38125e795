import pytest
import torch

from influence_lab.curvature.gauss_newton import (
    gauss_newton,
    gauss_newton_product,
    jacobian,
    jacobian_by_rows,
    jacobian_through_last_layer,
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


def test_deep_linear_network_has_a_residual_term_unless_residuals_are_uncorrelated_with_inputs():
    network, loss, parameters, images, _ = DEEP_LINEAR.at
    assert not close(gauss_newton(*DEEP_LINEAR.at), exact_hessian(DEEP_LINEAR), tolerance=0.01)
    fitted = network.outputs(parameters, images)
    noise = torch.randn(fitted.shape, dtype=images.dtype, generator=torch.Generator().manual_seed(0))
    seen = images * (torch.arange(16) < 6)  # fewer directions than images, so that residuals can avoid them all
    basis = torch.linalg.qr(torch.cat([seen[:, :6], torch.ones(len(seen), 1, dtype=seen.dtype)], 1))[0]
    uncorrelated = noise - basis @ (basis.T @ noise)
    targets = network.outputs(parameters, seen) + uncorrelated
    assert uncorrelated.norm() > 1
    exact = hessian(mean_loss(network, loss, seen, targets), parameters)
    assert close(gauss_newton(network, loss, parameters, seen, targets), exact)
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


def test_jacobian_takes_one_backward_pass_an_output_or_one_a_unit_before_the_last_layer():
    exact = jacobian(MLP.network, MLP.parameters, IMAGES[:1])[0]
    by_rows, passes = jacobian_by_rows(MLP.network, MLP.parameters, IMAGES[0])
    assert (passes, len(exact)) == (10, 10)
    assert close(by_rows, exact)
    through, fewer = jacobian_through_last_layer(MLP.network, MLP.parameters, IMAGES[0])
    assert (fewer, MLP.network.widths[-2]) == (3, 3)
    assert close(through, exact)
