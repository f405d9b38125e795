import pytest
import torch
from numpy.testing import assert_allclose
from torch.func import jacrev

from influence_lab.curvature.hessian import hessian
from influence_lab.curvature.logit_hessian import LogitDerivatives
from influence_lab.models.layered import Network

X = torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
WEIGHTS = torch.linspace(-1, 2, 7, dtype=torch.float64)


@pytest.mark.parametrize("activation", ["tanh", "softplus"])
@pytest.mark.parametrize("widths", [(2, 1), (2, 4, 1), (2, 5, 3, 1), (2, 3, 4, 2, 1)], ids=str)
def test_derivatives_by_hand_are_those_of_automatic_differentiation(widths, activation):
    network = Network(widths, activation)
    theta = network.initial(1)
    found = LogitDerivatives(network, theta, X)
    assert_allclose(found.gradients(), jacrev(network.outputs)(theta, X)[:, 0], atol=1e-13)
    expected = hessian(lambda v: WEIGHTS @ network.outputs(v, X)[:, 0], theta)
    assert_allclose(found.hessian(WEIGHTS), expected, atol=1e-12)
