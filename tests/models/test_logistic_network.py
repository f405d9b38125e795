import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork


@pytest.fixture(params=["tanh", "softplus"])
def trained(request):
    rng = np.random.default_rng(0)
    network = Network((2, 4, 3, 1), request.param)
    X = rng.normal(size=(12, 2))
    return LogisticNetwork(network, network.initial(0).numpy(), X, (X[:, 0] > 0).astype(float))


def shifted(model, direction, step):
    return LogisticNetwork(model.network, model.theta + step * direction, model.X, model.y)


def test_gradients_are_the_slopes_of_losses_and_margins(trained):
    """Central differences: their error is of order step² times third derivatives of order 1."""
    direction, step = np.random.default_rng(1).normal(size=trained.network.size), 1e-4
    up, down = (shifted(trained, direction, sign * step) for sign in (1, -1))
    for values, gradients in (("losses", "loss_gradients"), ("margins", "margin_gradients")):
        before, after = (getattr(one, values)(trained.X, trained.y) for one in (down, up))
        slope = getattr(trained, gradients)(trained.X, trained.y) @ direction
        assert_allclose((after - before) / (2 * step), slope, atol=1e-6)


def test_the_hessian_is_the_slope_of_the_mean_gradient(trained):
    direction, step = np.random.default_rng(1).normal(size=trained.network.size), 1e-4
    up, down = (shifted(trained, direction, sign * step).train_gradients.mean(0) for sign in (1, -1))
    assert_allclose((up - down) / (2 * step), trained.hessian() @ direction, atol=1e-6)


def test_gauss_newton_is_the_fisher_matrix(trained):
    """E over the model's own labels of ∇L∇Lᵀ, computed from both labels; exact up to rounding."""
    p = 1 / (1 + np.exp(-trained.logits(trained.X)))
    ones, zeros = (trained.loss_gradients(trained.X, np.full(len(p), label)) for label in (1.0, 0.0))
    fisher = (ones.T @ (ones * p[:, None]) + zeros.T @ (zeros * (1 - p)[:, None])) / len(p)
    assert_allclose(trained.gauss_newton(), fisher, atol=1e-14)


def test_a_linear_network_has_its_gauss_newton_matrix_as_hessian():
    rng = np.random.default_rng(2)
    network = Network((3, 1))
    X = rng.normal(size=(10, 3))
    linear = LogisticNetwork(network, rng.normal(size=4), X, rng.integers(2, size=10).astype(float))
    assert_allclose(linear.hessian(), linear.gauss_newton(), atol=1e-14)
