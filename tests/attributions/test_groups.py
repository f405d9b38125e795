import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.groups import group_influence, kernel, removal_effects
from influence_lab.attributions.influence import influence
from influence_lab.models.refit import minimise
from tests.cases import CASES, CURVED_CASES, LINEAR


def gradients(case):
    return case.problem.gradients(case.theta, case.problem.X, case.problem.y)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_kernel_is_minus_influence_between_training_points(case):
    g = gradients(case)
    K = kernel(g, case.hessian)
    assert_allclose(K, -influence(g, g, case.hessian), rtol=1e-9, atol=1e-12)  # condition number below 1e3
    assert (np.linalg.eigvalsh(K) > -1e-10 * np.abs(K).max()).all()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_group_influence_is_the_definition_and_the_sum_over_pairs(case):
    rng, g = np.random.default_rng(0), gradients(case)
    w, v = rng.integers(2, size=(2, 7, case.problem.n)).astype(float)
    K = kernel(g, case.hessian)
    expected = [(a @ g) @ np.linalg.solve(case.hessian, b @ g) for a, b in zip(w, v, strict=True)]
    assert_allclose(group_influence(K, w, v), expected, rtol=1e-8, atol=1e-10)
    pairs = [K[np.ix_(a > 0, b > 0)].sum() for a, b in zip(w, v, strict=True)]
    assert_allclose(group_influence(K, w, v), pairs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("case", CURVED_CASES, ids=str)
def test_group_influence_over_n_is_the_derivative_of_removal(case):
    """Take the share τ of a group away and refit: the loss of another group moves at the rate I(w, w')/n.

    The weights change by −τ/n and the regulariser stays. A central difference at τ = ±1e-3 errs by about τ².
    """
    problem, g = case.problem, gradients(case)
    w, v = np.zeros((2, problem.n))
    w[3:8], v[10:20] = 1, 1
    tau = 1e-3
    losses = []
    for sign in (1, -1):
        theta = minimise(problem, case.theta, problem.weights() - sign * tau * w / problem.n).theta
        losses.append(v @ problem.losses(theta, problem.X, problem.y))
    rate = (losses[0] - losses[1]) / (2 * tau)
    assert_allclose(group_influence(kernel(g, case.hessian), w, v) / problem.n, rate, rtol=1e-4)


def test_removal_effects_are_minus_the_mean_influence_and_add_up():
    g, rng = gradients(LINEAR), np.random.default_rng(1)
    f = rng.standard_normal((4, LINEAR.problem.size))
    w = rng.integers(2, size=(3, LINEAR.problem.n)).astype(float)
    effects = removal_effects(w, f, g, LINEAR.hessian)
    assert_allclose(effects, -w @ influence(f, g, LINEAR.hessian).T / LINEAR.problem.n, rtol=1e-12)
    assert_allclose(removal_effects(w.sum(0)[None], f, g, LINEAR.hessian)[0], effects.sum(0), rtol=1e-9, atol=1e-12)
