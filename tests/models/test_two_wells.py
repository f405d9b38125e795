import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.models.two_wells import TwoWells, followed, lowest, minima, nearest, response_paths, tangent_errors

WELLS = TwoWells()
LEFT, RIGHT = minima(WELLS.upweighted(0.0))


def test_the_objective_has_two_minima_and_the_right_one_is_higher():
    objective = WELLS.upweighted(0.0)
    assert_allclose(objective.deriv()(np.array([LEFT, RIGHT])), 0, atol=1e-14)
    assert objective(LEFT) < objective(RIGHT)
    assert lowest(objective) == LEFT


@pytest.mark.parametrize("anchor", [RIGHT, 0.45])
def test_anchors_solve_the_bregman_problem_whose_curvature_is_gauss_newton_plus_damping(anchor):
    objective = WELLS.bregman(0.0, anchor, 0.1)
    assert_allclose(nearest(objective, anchor), anchor, atol=1e-7)  # a root in float64: the square root of 1e-15
    assert_allclose(objective.deriv(2)(anchor), WELLS.gauss_newton(anchor) + 0.1, rtol=1e-12)


def test_the_tangent_at_a_minimum_that_is_not_global_is_right_to_first_order():
    steps = np.geomspace(1e-3, 3e-2, 8)
    assert abs(log_log_slope(steps, tangent_errors(WELLS, RIGHT, steps)).slope - 2) < 0.02


def test_a_followed_minimum_ends_where_it_vanishes():
    path = followed([WELLS.upweighted(e) for e in np.linspace(0, 8, 200)], RIGHT)
    last = np.flatnonzero(~np.isnan(path))[-1]
    assert 0 < last < 199
    assert np.isnan(path[last + 1 :]).all()
    assert path[last] > 0


def test_the_five_responses_meet_at_zero_only_at_a_minimum():
    epsilon = np.linspace(-0.1, 0.1, 21)
    at_zero = np.array(response_paths(WELLS, RIGHT, epsilon, 0.1))[:, 10]
    assert_allclose(at_zero[1:], RIGHT, atol=1e-7)
    assert at_zero[0] == LEFT
    early = np.array(response_paths(WELLS, 0.45, epsilon, 0.1))[:, 10]
    assert_allclose(early[2:], 0.45, atol=1e-7)
    assert abs(early[1] - 0.45) > 0.1
