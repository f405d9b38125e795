import pytest
import torch

from influence_lab.curvature.gauss_newton import gauss_newton
from influence_lab.curvature.kfac import kronecker_factors
from influence_lab.curvature.pseudo_gradients import layer_gradients, parameter_gradients, training_gradients
from tests.curvature.cases import CASES, DEEP_LINEAR, IMAGES, LINEAR, MLP, SOFTMAX, VECTOR, close


def layers_and_blocks(case, images=IMAGES, parameters=None):
    """Each layer's gradients for the model's labels, with the exact block of G."""
    network, loss = case.network, case.loss
    theta = case.parameters if parameters is None else parameters
    G = gauss_newton(network, loss, theta, images, case.targets[: len(images)])
    gradients = layer_gradients(network, theta, images, loss.label_gradients(network.outputs(theta, images)))
    return [(layer, G[block, block]) for layer, block in zip(gradients, network.blocks, strict=True)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer_gradients_are_those_of_autograd(case):
    network, loss, parameters, images, targets = case.at
    own = training_gradients(loss, network.outputs(parameters, images), targets)
    ours = parameter_gradients(network, parameters, images, own)[:, 0].mean(0)
    assert close(ours, torch.func.grad(lambda v: loss.value(network.outputs(v, images), targets).mean())(parameters))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_kronecker_product_is_exact_for_one_example(case):
    for layer, block in layers_and_blocks(case, images=IMAGES[:1]):
        assert close(kronecker_factors(layer).matrix(), block)


def test_kronecker_product_is_exact_for_softmax_regression_at_zero_weights():
    zero = torch.zeros(SOFTMAX.network.size, dtype=torch.float64)
    for layer, block in layers_and_blocks(SOFTMAX, parameters=zero):
        assert close(kronecker_factors(layer).matrix(), block)


@pytest.mark.parametrize("case", [DEEP_LINEAR, LINEAR], ids=str)
def test_kronecker_product_is_exact_for_linear_layers_with_gaussian_targets(case):
    for layer, block in layers_and_blocks(case):
        assert close(kronecker_factors(layer).matrix(), block)


def test_kronecker_product_is_not_exact_with_training_targets():
    network, loss, parameters, images, targets = DEEP_LINEAR.at
    own = training_gradients(loss, network.outputs(parameters, images), targets)
    for layer in layer_gradients(network, parameters, images, own):
        exact = layer.vectors()[:, 0].T @ layer.vectors()[:, 0] / len(images)
        assert not close(kronecker_factors(layer).matrix(), exact, tolerance=0.01)


def test_solve_is_the_solve_with_the_formed_product():
    for layer, block in layers_and_blocks(MLP):
        factors, vector = kronecker_factors(layer), VECTOR[: len(block)]
        damped = factors.matrix() + 0.01 * torch.eye(len(block), dtype=block.dtype)
        assert close(factors.solve(vector, 0.01), torch.linalg.solve(damped, vector), tolerance=1e-11)
