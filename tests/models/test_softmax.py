import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.constrained import fisher_information
from influence_lab.models.softmax import SoftmaxRegression


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(20), rng.standard_normal((20, 2))])
    return SoftmaxRegression(X, rng.integers(0, 3, 20).astype(float), 0.1, classes=3)


@pytest.fixture
def theta(problem):
    return np.random.default_rng(1).standard_normal(problem.size)


def slopes(function, theta, step=1e-5):
    """Central differences: truncation and rounding are both about 1e-10."""
    return np.array([(function(theta + d) - function(theta - d)) / (2 * step) for d in step * np.eye(len(theta))])


def test_gradients_and_hessians_are_derivatives(problem, theta):
    X, y = problem.X, problem.y
    assert_allclose(problem.gradients(theta, X, y), slopes(lambda t: problem.losses(t, X, y), theta).T, atol=1e-8)
    found = slopes(lambda t: problem.gradients(t, X, y), theta).transpose(1, 2, 0)
    assert_allclose(problem.hessians(theta, X, y), found, atol=1e-8)
    found = slopes(lambda t: problem.predictions(t, X), theta).T
    assert_allclose(problem.prediction_gradients(theta, X), found, atol=1e-8)


def test_the_hessian_of_the_objective_is_the_weighted_sum(problem, theta):
    weights = problem.weights(3, 0.2)
    summed = np.einsum("i,ijk->jk", weights, problem.hessians(theta, problem.X, problem.y)) + 0.1 * np.eye(problem.size)
    assert_allclose(problem.hessian(theta, weights), summed, atol=1e-14)


def test_fisher_information_is_the_hessian_without_its_regulariser(problem, theta):
    hessian = problem.hessian(theta, problem.weights()) - problem.decay * np.eye(problem.size)
    assert_allclose(fisher_information(problem, theta, [0.0, 1.0, 2.0]), hessian, atol=1e-14)


def test_probabilities_of_all_labels_add_up_to_one(problem, theta):
    each = [np.exp(-problem.losses(theta, problem.X, np.full(problem.n, label))) for label in range(3)]
    assert_allclose(np.sum(each, axis=0), 1, atol=1e-14)
