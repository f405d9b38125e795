import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.shares import difference_of_shares, share_interval, wilson


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_wilsons_ends_solve_its_equation(share):
    """(share − p)² = z² p (1 − p) / n at both ends, with z = 1.96; ends beyond 0 and 1 cannot happen."""
    for end in wilson(share, 40):
        assert_allclose((share - end) ** 2, 1.959964**2 * end * (1 - end) / 40, atol=1e-6)


def test_coverage_of_wilsons_interval_is_about_nineteen_in_twenty():
    rng = np.random.default_rng(0)
    shares = rng.binomial(40, 0.3, size=4000) / 40
    inside = [low <= 0.3 <= high for low, high in (wilson(share, 40) for share in shares)]
    assert 0.93 < np.mean(inside) < 0.97


def test_a_difference_changes_sign_with_its_order_and_has_width_where_both_are_certain():
    first, second = [1, 1, 0, 1] * 5, [0, 1, 0, 0] * 5
    there, back = difference_of_shares(first, second), difference_of_shares(second, first)
    assert_allclose(there[0], -back[0])
    assert_allclose(there[1], back[1])
    value, half = difference_of_shares([1] * 10, [1] * 10)
    assert value == 0
    assert half > 0.2


def test_no_repetitions_are_refused():
    with pytest.raises(ValueError, match="one repetition or more"):
        wilson(0.5, 0)
    assert share_interval([1, 0])[0] == 0.5
