import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.influence import NotPositiveDefiniteError, solve
from influence_lab.attributions.measurements import measurements
from influence_lab.evaluations.singular import outside_range, pseudo_inverse, singular_differences
from tests.cases import SOFTMAX


def test_softmax_has_rank_k_minus_one_times_the_width_and_no_inverse():
    problem = SOFTMAX.problem
    assert pseudo_inverse(SOFTMAX.hessian)[1] == (problem.classes - 1) * problem.X.shape[1] < problem.size
    with pytest.raises(NotPositiveDefiniteError):
        solve(SOFTMAX.hessian, SOFTMAX.theta)


def test_every_gradient_lies_in_the_range_and_a_flat_direction_does_not():
    problem, functions = SOFTMAX.problem, measurements(SOFTMAX.problem, SOFTMAX.X_test, SOFTMAX.y_test)
    gradients = problem.gradients(SOFTMAX.theta, problem.X, problem.y)
    tests = np.array([f.gradient(SOFTMAX.theta) for f in functions])
    assert outside_range(SOFTMAX.hessian, np.vstack([gradients, tests])).max() < 1e-10
    flat = np.tile(problem.X[0], problem.classes)
    assert_allclose(outside_range(SOFTMAX.hessian, flat[None]), 1)


def test_pseudo_inverse_influence_equals_central_differences_of_refits():
    functions = measurements(SOFTMAX.problem, SOFTMAX.X_test, SOFTMAX.y_test)
    table = singular_differences(SOFTMAX.problem, SOFTMAX.theta, np.arange(4), functions, 1e-3)
    assert_allclose(table["formula"], table["difference"], rtol=1e-6)
