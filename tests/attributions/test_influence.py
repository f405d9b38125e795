import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.influence import NotPositiveDefiniteError, influence, parameter_influence, solve
from influence_lab.attributions.measurements import measurements
from influence_lab.attributions.theory import theory_influence
from influence_lab.attributions.upweighting import draw_points
from influence_lab.models.theory import Trained
from tests.cases import CASES, LINEAR, LOGISTIC, RIDGE, WELL


def scores(case):
    problem = case.problem
    tests = np.array([f.gradient(case.theta) for f in measurements(problem, case.X_test, case.y_test)])
    return tests, influence(tests, problem.gradients(case.theta, problem.X, problem.y), case.hessian)


@pytest.mark.parametrize("case", [LINEAR, LOGISTIC], ids=str)
def test_influences_add_up_to_zero_at_an_unregularised_optimum(case):
    total = scores(case)[1].sum(axis=1)
    assert_allclose(total, 0, atol=1e-12)  # scores of order 1 to 10, 30 of them


def test_influences_of_ridge_add_up_to_its_pull_on_the_parameters():
    tests, found = scores(RIDGE)
    expected = RIDGE.problem.n * RIDGE.problem.decay * tests @ solve(RIDGE.hessian, RIDGE.theta)
    assert_allclose(found.sum(axis=1), expected, rtol=1e-11)


def test_influence_is_symmetric_between_two_training_points():
    gradients = LOGISTIC.problem.gradients(LOGISTIC.theta, LOGISTIC.problem.X, LOGISTIC.problem.y)
    matrix = influence(gradients, gradients, LOGISTIC.hessian)
    assert_allclose(matrix, matrix.T, atol=1e-13)
    assert (np.diag(matrix) <= 0).all()


@pytest.mark.parametrize(("curvature", "value"), [(np.zeros((1, 1)), "0"), (np.diag([1.0, -0.25]), "-0.25")])
def test_curvature_that_is_not_positive_definite_is_named_with_its_remedy(curvature, value):
    with pytest.raises(NotPositiveDefiniteError, match=f"smallest eigenvalue {value}.*damping"):
        parameter_influence(np.ones((1, len(curvature))), curvature)


def test_hilltop_has_no_influence():
    """Zero gradient where the objective is not convex: stationary, and no minimum."""
    hilltop = np.sort(np.roots([1.0, 0.0, -1.0, 0.14]).real)[1:2]
    assert abs(WELL.problem.gradient(hilltop, WELL.problem.weights())[0]) < 1e-12
    with pytest.raises(NotPositiveDefiniteError):
        parameter_influence(np.ones((1, 1)), WELL.problem.hessian(hilltop, WELL.problem.weights()))


def test_theory_influence_covers_every_point_and_draws_the_same_ones_for_a_seed():
    trained = {case.name: Trained(case.problem, case.theta, case.X_test, case.y_test) for case in CASES}
    arrays, again = (theory_influence(trained, points=3, seed=2) for _ in range(2))
    for case in CASES:
        assert arrays[f"{case.name}_influence"].shape == (3, case.problem.n)
        assert np.array_equal(arrays[f"{case.name}_points"], again[f"{case.name}_points"])


def test_points_are_drawn_from_the_quarter_with_the_largest_radius():
    radius = np.arange(40.0)
    assert (draw_points(radius, 8, seed=0) >= 29).all()
    with pytest.raises(ValueError, match="in the upper quarter"):
        draw_points(radius, 11, seed=0)
