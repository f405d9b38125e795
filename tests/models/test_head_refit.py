import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.models.head_refit import parameters_of, refit, refit_without
from influence_lab.models.refit import NotConvergedError, minimise
from influence_lab.models.softmax import SoftmaxRegression
from tests.models.head_cases import random_head

RIDGE = 1e-2


def problem_of(head):
    return SoftmaxRegression(head.features, head.labels.astype(float), RIDGE, head.classes)


@pytest.mark.parametrize("change", [{}, {"silent": True, "repeated": True}, {"scale": 6.0}], ids=str)
def test_the_minimum_is_that_of_softmax_regression(change):
    head, theta = random_head(**change)
    found, expected = refit(head, RIDGE), minimise(problem_of(head), theta)
    assert found.gradient_norm < 1e-10
    assert_allclose(found.theta, expected.theta, atol=1e-10 / RIDGE)  # the curvature is ρ or more
    given = refit(head, RIDGE, head.hessian())
    assert_allclose(given.theta, expected.theta, atol=1e-10 / RIDGE)
    assert given.steps == found.steps


def test_parameters_are_found_from_logits_but_for_what_no_logit_shows():
    head, theta = random_head()
    assert_allclose(parameters_of(head), theta, atol=1e-12)
    head, theta = random_head(silent=True)
    found = parameters_of(head)
    assert_allclose(head.at(found).logits, head.logits, atol=1e-12)
    assert np.linalg.norm(found) <= np.linalg.norm(theta)


@pytest.mark.parametrize("group", [[7], [0, 1, 2, 3, 30]])
def test_removal_sets_weights_to_zero_and_leaves_the_ridge(group):
    head, theta = random_head()
    at = refit(head, RIDGE)
    found = refit_without(head, at.theta, head.at(at.theta).hessian(), group, RIDGE, tolerance=1e-9)
    weights = np.full(head.n, 1 / head.n)
    weights[group] = 0
    expected = minimise(problem_of(head), theta, weights)
    assert_allclose(found.theta, expected.theta, atol=1e-8)
    assert found.left <= 1e-9
    kept = problem_of(head).hessian(at.theta, weights)
    step = at.theta - np.linalg.solve(kept, problem_of(head).gradient(at.theta, weights))
    assert_allclose(found.first_step, step, atol=1e-8)  # the gradient at the minimum is 1e-10, not 0


def test_too_few_steps_are_an_error_with_the_gradient():
    with pytest.raises(NotConvergedError, match="after 1 steps"):
        refit(random_head(scale=6.0)[0], 1e-8, steps=1)
