import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.special import expit

from influence_lab.curvature.hessian import hessian
from influence_lab.models.last_layer import features, last_layer, last_parameters
from influence_lab.models.layered import Network

LOSSES = {
    1: lambda outputs, y: torch.nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], y),
    3: lambda outputs, y: torch.nn.functional.cross_entropy(outputs, y.long()),
}


def small(outputs, activation="relu"):
    rng = np.random.default_rng(outputs)
    network = Network((2, 5, 4, outputs), activation)
    return network, network.initial(0), rng.standard_normal((20, 2)), rng.integers(max(2, outputs), size=20)


@pytest.mark.parametrize("outputs", [1, 3])
def test_gradients_and_hessian_are_the_network_s_in_its_last_layer(outputs):
    """The block of the whole network's derivatives; for K outputs its layout is transposed."""
    network, theta, X, y = small(outputs)
    problem, last = last_layer(network, theta.numpy(), X, y)
    inputs, labels = torch.tensor(X), torch.tensor(y, dtype=torch.float64)
    block = network.blocks[-1]
    places = np.arange(outputs * 5).reshape(5, outputs).T.ravel()

    def mean_loss(parameters):
        return LOSSES[outputs](network.outputs(parameters, inputs), labels)

    whole = theta.clone().requires_grad_()
    slope = torch.autograd.grad(mean_loss(whole), whole)[0][block].numpy()
    assert_allclose(problem.gradient(last, problem.weights()), slope[places], rtol=1e-10, atol=1e-14)
    curvature = hessian(mean_loss, theta)[block, block].numpy()
    assert_allclose(problem.hessian(last, problem.weights()), curvature[np.ix_(places, places)], rtol=1e-10, atol=1e-14)


def test_predictions_are_the_network_s():
    network, theta, X, y = small(1)
    problem, last = last_layer(network, theta.numpy(), X, y)
    probability = expit(network.outputs(theta, torch.tensor(X))[:, 0].numpy())
    assert_allclose(problem.predictions(last, features(network, theta.numpy(), X)), probability, rtol=1e-12)
    assert last_parameters(network, theta.numpy()).shape == (5,)
