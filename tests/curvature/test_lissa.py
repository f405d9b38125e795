import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.curvature.lissa import DivergedError, lissa

rng = np.random.default_rng(0)
_root = rng.normal(size=(6, 6))
A = _root @ _root.T / 6 + 0.5 * np.eye(6)
V = rng.normal(size=(6, 3))
LARGEST = np.linalg.eigvalsh(A)[-1]


def multiply(v):
    return A @ v


@pytest.mark.parametrize("depth", [0, 1, 7])
def test_the_steps_are_the_partial_sums_from_power_zero(depth):
    """v_t = Σ_{i=0..t} (I − A/s)^i v₀ and s A⁻¹(I − (I − A/s)^{t+1})v₀, both exact up to rounding."""
    step = np.eye(6) - A / LARGEST
    powers = sum(np.linalg.matrix_power(step, i) @ V for i in range(depth + 1))
    found = lissa(multiply, V, LARGEST, depth)
    assert_allclose(LARGEST * found, powers, rtol=1e-12)
    left = np.linalg.matrix_power(step, depth + 1)
    assert_allclose(found, np.linalg.solve(A, V - left @ V), rtol=1e-11)


@pytest.mark.parametrize("share", [0.6, 1.0, 3.0])
def test_the_limit_is_the_inverse_for_every_scale_above_half_the_largest_eigenvalue(share):
    """The recursion's own limit is s A⁻¹v; errors fall as (1 − a/s)^t, below 1e-12 after 2000 steps at a/s ≥ 0.05."""
    assert_allclose(lissa(multiply, V, share * LARGEST, 2000), np.linalg.solve(A, V), rtol=1e-10)


def test_columns_are_solved_apart():
    together = lissa(multiply, V, LARGEST, 9)
    assert_allclose(together[:, 1], lissa(multiply, V[:, 1], LARGEST, 9), rtol=1e-12)


def test_a_scale_below_half_the_largest_eigenvalue_is_refused():
    with pytest.raises(DivergedError, match="half the largest eigenvalue"):
        lissa(multiply, V, 0.4 * LARGEST, 5000)
