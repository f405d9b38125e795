import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.influence import parameter_influence
from influence_lab.evaluations.leave_one_out import leave_one_out, leverages, rescaled_decay
from influence_lab.evaluations.theory import theory_leave_one_out
from influence_lab.models.refit import minimise
from influence_lab.models.theory import Trained
from tests.cases import LINEAR, RIDGE


def predicted(case):
    gradients = case.problem.gradients(case.theta, case.problem.X, case.problem.y)
    return -parameter_influence(gradients, case.hessian) / case.problem.n


def test_leave_one_out_is_influence_over_one_minus_leverage():
    """OLS, exactly (Sherman-Morrison), for the parameters and for predictions, which are linear in them."""
    exact, (norm, curvature) = leave_one_out(LINEAR.problem, LINEAR.theta)
    formula = predicted(LINEAR) / (1 - leverages(LINEAR.problem, LINEAR.theta))[:, None]
    assert norm < 1e-12 < curvature
    assert_allclose(exact, formula, rtol=1e-9, atol=1e-14)  # condition number below 10
    assert_allclose(exact @ LINEAR.X_test.T, formula @ LINEAR.X_test.T, rtol=1e-9, atol=1e-14)


def test_leave_one_out_of_ridge_obeys_the_same_law_with_the_rescaled_regulariser():
    exact, _ = leave_one_out(RIDGE.problem, RIDGE.theta, rescaled_decay(RIDGE.problem))
    formula = predicted(RIDGE) / (1 - leverages(RIDGE.problem, RIDGE.theta))[:, None]
    assert_allclose(exact, formula, rtol=1e-9, atol=1e-14)


def test_leverages_add_up_to_the_number_of_parameters():
    assert_allclose(leverages(LINEAR.problem, LINEAR.theta).sum(), LINEAR.problem.size, rtol=1e-12)


def test_removal_is_upweighting_by_minus_one_over_n_only_with_the_rescaled_regulariser():
    n = RIDGE.problem.n
    upweighted = minimise(RIDGE.problem, RIDGE.theta, RIDGE.problem.weights(0, -1 / n)).theta - RIDGE.theta
    right, _ = leave_one_out(RIDGE.problem, RIDGE.theta, rescaled_decay(RIDGE.problem))
    wrong, _ = leave_one_out(RIDGE.problem, RIDGE.theta)
    assert_allclose(right[0], upweighted, rtol=1e-9)
    assert np.linalg.norm(wrong[0] - upweighted) > 0.01 * np.linalg.norm(upweighted)


def test_theory_leave_one_out_holds_all_four_kinds_of_removal():
    trained = {case.name: Trained(case.problem, case.theta, case.X_test, case.y_test) for case in (LINEAR, RIDGE)}
    arrays = theory_leave_one_out(trained)
    assert_allclose(arrays["ridge_rescaled"], arrays["ridge_upweighted"], rtol=1e-8, atol=1e-14)
    assert arrays["gradient_norm"] < 1e-12 < arrays["curvature"]
