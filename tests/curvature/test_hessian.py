import pytest
import torch
from torch.func import grad

from influence_lab.curvature.hessian import hessian, hessian_product, mean_loss
from tests.curvature.cases import CASES, IMAGES, MLP, VECTOR, close


@pytest.mark.parametrize("case", CASES, ids=str)
def test_products_are_the_matrix_times_the_vector(case):
    objective = mean_loss(case.network, case.loss, IMAGES, case.targets)
    vector = VECTOR[: case.network.size]
    assert close(hessian_product(objective, case.parameters, vector), hessian(objective, case.parameters) @ vector)


def test_hessian_is_the_finite_difference_of_the_gradient():
    """Central differences: error about step² times the third derivative, plus 1e-16 / step."""
    objective, parameters, step = mean_loss(MLP.network, MLP.loss, IMAGES, MLP.targets), MLP.parameters, 1e-5
    direction = VECTOR[: MLP.network.size]
    change = grad(objective)(parameters + step * direction) - grad(objective)(parameters - step * direction)
    assert close(change / (2 * step), hessian(objective, parameters) @ direction, tolerance=1e-7)


def test_more_parameters_than_one_chunk():
    diagonal = torch.arange(1.0, 301.0, dtype=torch.float64)
    found = hessian(lambda v: 0.5 * (diagonal * v.square()).sum(), torch.zeros(300, dtype=torch.float64))
    assert torch.equal(found, torch.diag(diagonal))
