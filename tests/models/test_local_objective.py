import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

from influence_lab.models.local_objective import bregman, proximal, weights_of
from influence_lab.models.logistic_network import LogisticNetwork
from tests.models.local_cases import DAMPING, MODEL, OBJECTIVES, PLACE, WITHOUT


@pytest.fixture(params=OBJECTIVES, ids=str)
def objective(request):
    return OBJECTIVES[request.param]


def test_gradient_and_hessian_are_the_slopes_of_value_and_gradient(objective):
    """Central differences: the error is of order step² times derivatives of order 1."""
    direction, step = np.random.default_rng(1).normal(size=PLACE.size), 1e-5
    ends = PLACE + step * direction, PLACE - step * direction
    values, gradients = ([function(end) for end in ends] for function in (objective.value, objective.gradient))
    assert_allclose((values[0] - values[1]) / (2 * step), objective.gradient(PLACE) @ direction, atol=1e-8)
    assert_allclose((gradients[0] - gradients[1]) / (2 * step), objective.hessian(PLACE) @ direction, atol=1e-8)


def test_the_proximal_objective_is_the_mean_of_the_other_losses_and_the_distance():
    moved = LogisticNetwork(MODEL.network, PLACE, MODEL.X, MODEL.y)
    expected = WITHOUT @ moved.losses(MODEL.X, MODEL.y) / 24 + DAMPING / 2 * np.sum((PLACE - MODEL.theta) ** 2)
    assert_allclose(OBJECTIVES["proximal"].value(PLACE), expected, rtol=1e-13)


def test_the_bregman_objective_is_the_divergence_of_bernoulli_distributions():
    """D(f, fˢ) is the Kullback-Leibler divergence KL(σ(fˢ) ‖ σ(f)); the objective leaves a constant out."""

    def divergence(theta):
        p, q = expit(MODEL.logits(MODEL.X)), expit(at(theta).logits(MODEL.X))
        return np.mean(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))

    def at(theta):
        return LogisticNetwork(MODEL.network, theta, MODEL.X, MODEL.y)

    whole = bregman(MODEL, DAMPING, weights_of(24))
    change = whole.value(PLACE) - whole.value(MODEL.theta)
    assert_allclose(change, divergence(PLACE) + DAMPING / 2 * np.sum((PLACE - MODEL.theta) ** 2), rtol=1e-12)


def test_parameters_solve_their_own_bregman_problem_with_curvature_g_plus_damping():
    """Off any minimum: the gradient of Q at θˢ is zero, and its Hessian G + λI (not H + λI), exactly."""
    whole = bregman(MODEL, DAMPING, weights_of(24))
    assert_allclose(whole.gradient(MODEL.theta), 0, atol=1e-15)
    G = MODEL.gauss_newton() + DAMPING * np.eye(MODEL.theta.size)
    assert_allclose(whole.hessian(MODEL.theta), G, atol=1e-14)
    assert_allclose(whole.gauss_newton(MODEL.theta), G, atol=1e-14)
    assert np.linalg.norm(proximal(MODEL, DAMPING, weights_of(24)).gradient(MODEL.theta)) > 0.01
