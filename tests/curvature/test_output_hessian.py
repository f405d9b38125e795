import pytest
import torch

from influence_lab.curvature.output_hessian import SoftmaxHessian, dense_gigabytes, output_hessians
from tests.curvature.cases import IMAGES, MLP, VECTOR, close


@pytest.fixture
def outputs():
    return MLP.network.outputs(MLP.parameters, IMAGES)


def test_closed_form_is_the_second_derivative_and_does_not_depend_on_the_label(outputs):
    operator = SoftmaxHessian(torch.softmax(outputs, -1))
    for targets in (MLP.targets, torch.zeros_like(MLP.targets)):
        assert close(operator.dense(), output_hessians(MLP.loss, outputs, targets))


def test_operator_is_the_matrix(outputs):
    operator, vector = SoftmaxHessian(torch.softmax(outputs, -1)), VECTOR[:10]
    assert close(operator @ vector, operator.dense() @ vector)


def test_operator_reaches_a_vocabulary_whose_matrix_would_not_fit():
    probabilities = torch.full((151_936,), 1 / 151_936, dtype=torch.float64)
    assert (SoftmaxHessian(probabilities) @ torch.ones_like(probabilities)).abs().max() < 1e-15
    assert dense_gigabytes(151_936) == pytest.approx(92.34, abs=0.01)
