import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.models.layered import Network
from influence_lab.models.local_objective import proximal, weights_of
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.proximal import descend, solve_local
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_work import Training, make_work
from tests.models.local_cases import DAMPING, MODEL, OBJECTIVES, WITHOUT


@pytest.mark.parametrize("name", OBJECTIVES)
def test_solutions_are_minima_to_the_last_digits(name):
    fit = solve_local(OBJECTIVES[name], MODEL.theta, tolerance=1e-13)
    assert fit.converged
    assert np.linalg.norm(OBJECTIVES[name].gradient(fit.theta)) <= 1e-13
    assert np.linalg.eigvalsh(OBJECTIVES[name].hessian(fit.theta))[0] > 0


def test_the_solution_is_the_ridge_fit_where_the_network_is_linear():
    """With θˢ = 0 the proximal term is weight decay, and the problem is regularised logistic regression."""
    network, X, y = Network((2, 1)), MODEL.X, MODEL.y
    objective = proximal(LogisticNetwork(network, np.zeros(3), X, y), DAMPING, weights_of(24))
    with_ones = np.column_stack([X, np.ones(24)])
    expected = minimise(LogisticRegression(with_ones, y, DAMPING), np.zeros(3)).theta
    assert_allclose(solve_local(objective, np.ones(3)).theta, expected, atol=1e-9)  # gradient 1e-10 over λ = 0.05


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_engine_ends_at_the_same_place(name):
    """Full-batch descent with momentum in float64, to a gradient norm below 1e-6; over λ = 0.05 that is 2e-5 in θ."""
    training = Training(
        hidden=(5, 3), activation="tanh", epochs=1500, batch_size=0, optimiser="momentum", learning_rate=0.1,
        proximity=DAMPING, objective="loss" if name == "proximal" else name, absent="masked", precision="float64",
    )  # fmt: skip
    trained = retrain(make_work(MODEL.X, MODEL.y, WITHOUT[None], starts=MODEL.theta), training)
    assert trained.gradient_norms[0] < 1e-6
    assert_allclose(trained.parameters[0, -1], solve_local(OBJECTIVES[name], MODEL.theta).theta, atol=2e-5)


def test_a_problem_left_too_early_says_so():
    fit = solve_local(OBJECTIVES["proximal"], MODEL.theta, steps=1)
    assert not fit.converged
    assert fit.gradient_norm > 1e-10


def test_descent_comes_near_from_where_the_hessian_is_indefinite():
    objective = proximal(MODEL, 1e-4, WITHOUT)
    assert np.linalg.eigvalsh(objective.hessian(MODEL.theta))[0] < 0
    near = descend(objective, MODEL.theta)
    assert objective.value(near) < objective.value(MODEL.theta)
    assert np.linalg.norm(objective.gradient(near)) < 1e-4
