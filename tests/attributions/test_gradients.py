import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.gradients import cosines, dot_products, tracin
from influence_lab.attributions.influence import influence
from tests.cases import CASES, QUADRATIC_CASES


def gradients_of(case):
    problem = case.problem
    tests = problem.gradients(case.theta, case.X_test, case.y_test)
    return tests, problem.gradients(case.theta, problem.X, problem.y)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dot_products_are_influence_with_the_identity_for_curvature(case):
    tests, gradients = gradients_of(case)
    assert_allclose(dot_products(tests, gradients), influence(tests, gradients, np.eye(case.problem.size)), rtol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cosines_ignore_lengths(case):
    tests, gradients = gradients_of(case)
    found = cosines(tests, gradients)
    assert_allclose(cosines(3 * tests, gradients * np.linspace(0.1, 9, len(gradients))[:, None]), found, atol=1e-14)
    assert_allclose(np.diag(cosines(gradients, gradients)), -1, rtol=1e-12)


def test_a_zero_gradient_has_cosine_zero():
    assert cosines(np.ones((1, 2)), np.zeros((1, 2))).tolist() == [[0.0]]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_tracin_adds_up_dot_products_over_checkpoints(case):
    tests, gradients = gradients_of(case)
    stacked = tracin(np.stack([tests, 2 * tests]), np.stack([gradients, gradients]), np.array([0.1, 0.2]))
    assert_allclose(stacked, 0.5 * dot_products(tests, gradients), rtol=1e-12)


@pytest.mark.parametrize("case", QUADRATIC_CASES, ids=str)
def test_tracin_is_the_first_order_change_of_one_gradient_step(case):
    """Summed over points, one full-gradient step of rate η: the error falls as η², so halving η divides it by 4."""
    problem, theta = case.problem, case.theta + 0.3  # away from the minimum, so that there is a step to take
    tests = problem.gradients(theta, case.X_test, case.y_test)
    gradients = problem.gradients(theta, problem.X, problem.y)
    errors = []
    for rate in (1e-3, 5e-4):
        stepped = theta - rate * gradients.mean(axis=0)
        change = problem.losses(stepped, case.X_test, case.y_test) - problem.losses(theta, case.X_test, case.y_test)
        errors.append(change - tracin(tests[None], gradients[None], np.array([rate])).mean(axis=1))
    assert_allclose(errors[0] / errors[1], 4, rtol=1e-4)  # exact but for rounding: the loss is quadratic
