import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.models.polynomial import quartic
from influence_lab.models.refit import NotConvergedError, minimise
from influence_lab.models.regression import LogisticRegression
from tests.cases import CASES, LINEAR, WELL


@pytest.mark.parametrize("case", [*CASES, WELL], ids=str)
def test_gradient_norm_is_below_1e_12_at_a_minimum(case):
    fit = minimise(case.problem, case.start)
    assert fit.gradient_norm < 1e-12
    assert fit.curvature > 0


def test_linear_regression_is_least_squares():
    exact = np.linalg.lstsq(LINEAR.problem.X, LINEAR.problem.y, rcond=None)[0]
    assert_allclose(LINEAR.theta, exact, rtol=1e-12)  # condition number of X below 3


def test_the_search_stays_in_its_well():
    """The double well tilts down to the left, and a start on the right ends on the right."""
    assert minimise(WELL.problem, np.ones(1)).theta[0] > 0.5
    assert minimise(WELL.problem, -np.ones(1)).theta[0] < -0.5


def test_quartic_moves_by_the_cube_root():
    moved = minimise(quartic(), [-0.5], np.array([1.0, 0.004])).theta[0]
    assert_allclose(moved, -(0.001 ** (1 / 3)), rtol=1e-9)


def test_separable_classes_have_no_minimiser():
    X = np.array([[-1.0], [1.0]])
    with pytest.raises(NotConvergedError, match="add a regulariser"):
        minimise(LogisticRegression(X, np.array([0.0, 1.0])), np.zeros(1), steps=15)
