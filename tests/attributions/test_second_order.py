import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.second_order import first_order_step, pairwise_step, third_derivative_term
from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LinearRegression
from tests.cases import LOGISTIC


def steps(problem, theta, removed):
    """Δ₁ and the pairwise Δθ for weights that are taken away, shape (n,)."""
    H = problem.hessian(theta, problem.weights())
    total = removed @ problem.gradients(theta, problem.X, problem.y)
    group = np.einsum("i,ijk->jk", removed, problem.hessians(theta, problem.X, problem.y))
    first = first_order_step(total, H, problem.n)
    return first, pairwise_step(total, lambda v: group @ v, H, problem.n, removed.sum())


def refit(problem, theta, removed):
    return minimise(problem, theta, (1 - removed) / problem.n).theta - theta


@pytest.mark.parametrize("copies", [2, 3, 10])
def test_pairwise_is_exact_for_quadratic_losses_and_a_group_with_the_mean_hessian(copies):
    """Least squares on several copies of the inputs; the group is one copy, so H_U/|U| = H and q = 1/copies."""
    rng = np.random.default_rng(copies)
    X = np.tile(rng.standard_normal((12, 3)), (copies, 1))
    problem = LinearRegression(X, rng.standard_normal(len(X)))
    theta = minimise(problem, np.zeros(3)).theta
    removed = np.zeros(problem.n)
    removed[:12] = 1
    first, pairwise = steps(problem, theta, removed)
    assert_allclose(pairwise, refit(problem, theta, removed), rtol=1e-9)  # condition number below 10
    assert_allclose(first / (1 - 1 / copies), pairwise, rtol=1e-9)  # the closed form H⁻¹b/(1 − q)


def orders(group):
    """Slopes of the parameter error as the removed share τ of a group goes to 0, in logistic regression."""
    problem, theta = LOGISTIC.problem, LOGISTIC.theta
    H, taus = LOGISTIC.hessian, np.geomspace(0.005, 0.05, 6)
    errors = {"first": [], "pairwise": [], "third": []}
    for tau in taus:
        removed = np.zeros(problem.n)
        removed[group] = tau
        first, pairwise = steps(problem, theta, removed)
        third = third_derivative_term(first, lambda v: problem.third_contraction(theta, problem.weights(), v), H)
        exact = refit(problem, theta, removed)
        for name, step in (("first", first), ("pairwise", pairwise), ("third", pairwise + third)):
            errors[name].append(np.linalg.norm(step - exact))
    return {name: log_log_slope(taus, np.array(values)).slope for name, values in errors.items()}


@pytest.mark.parametrize("group", [[0, 1, 2], [5, 9, 20, 21]])
def test_only_the_third_derivative_makes_the_expansion_one_of_second_order(group):
    """Error slopes 2, 2 and 3; the next order tilts them by a few hundredths at τ ≤ 0.05."""
    slopes = orders(group)
    assert_allclose([slopes["first"], slopes["pairwise"], slopes["third"]], [2, 2, 3], atol=0.1)


def test_the_third_derivative_is_that_of_the_hessian():
    problem, theta, h = LOGISTIC.problem, LOGISTIC.theta, 1e-5
    v = np.random.default_rng(0).standard_normal(3)
    change = problem.hessian(theta + h * v, problem.weights()) - problem.hessian(theta - h * v, problem.weights())
    found = problem.third_contraction(theta, problem.weights(), v)
    assert_allclose(found, change @ v / (2 * h), rtol=1e-7, atol=1e-9)  # central difference: h² and 1e-16/h
