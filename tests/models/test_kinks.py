import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.models.kinks import search, shortest_combination


def test_a_quadratic_takes_one_step_with_its_own_inverse():
    matrix, centre = np.diag([1.0, 100.0]), np.array([3.0, -2.0])
    found = search(
        lambda x: (x - centre) @ matrix @ (x - centre) / 2,
        lambda x: matrix @ (x - centre),
        np.zeros(2),
        np.linalg.inv(matrix),
    )
    assert len(found.path) == 2
    assert_allclose(found.path[-1], centre, atol=1e-12)


def test_a_minimum_at_a_kink_is_found_and_recognised():
    """f = 3|x| + (y − 1)²: at its minimum (0, 1) the gradient is (±3, 0), and the two combine to zero."""
    found = search(
        lambda x: 3 * abs(x[0]) + (x[1] - 1) ** 2,
        lambda x: np.array([3 * np.sign(x[0]), 2 * (x[1] - 1)]),
        np.array([2.0, -1.0]),
        np.eye(2),
    )
    assert_allclose(found.path[-1], [0, 1], atol=1e-4)
    assert np.linalg.norm(found.gradients[-1]) >= 3
    assert found.stationarity(1e-3) < 0.1


def test_a_point_on_the_way_is_no_minimum():
    found = search(lambda x: x @ x, lambda x: 2 * x, np.array([1.0, 1.0]), 0.1 * np.eye(2), steps=1)
    assert found.stationarity(1e-3) == pytest.approx(np.linalg.norm(found.gradients[-1]))


def test_the_shortest_combination_is_the_distance_of_the_hull_from_zero():
    square = np.array([[2.0, -1.0], [2.0, 1.0], [4.0, -1.0], [4.0, 1.0]])
    assert shortest_combination(square) == pytest.approx(2, rel=1e-3)  # the sum is one equation among others
    assert shortest_combination(square - [3, 0]) == pytest.approx(0, abs=1e-9)
