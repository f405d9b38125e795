import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.upweighting import expansion
from influence_lab.curvature.neumann import neumann_sums, power_sum, product_form, spectral_radius, taylor_step
from influence_lab.evaluations.leave_one_out import leverages
from influence_lab.evaluations.series import errors_by_terms
from tests.cases import CASES, LINEAR


@pytest.mark.parametrize("case", CASES, ids=str)
def test_remainder_after_k_terms_is_the_kth_power_times_the_inverse(case):
    """(a + εb)⁻¹εβ − Σ_{i<K} (−εa⁻¹b)^i εa⁻¹β = (−εa⁻¹b)^K (a + εb)⁻¹εβ: the telescoping sum."""
    a, b, beta = expansion(case.problem, case.theta, 0)
    epsilon = 0.3 / spectral_radius(a, b)
    exact = -taylor_step(a, b, beta, epsilon)
    power = -epsilon * np.linalg.solve(a, b)
    for terms, total in enumerate(neumann_sums(a, b, beta, epsilon, 4), 1):
        remainder = np.linalg.matrix_power(power, terms) @ exact
        assert_allclose(exact - total, remainder, atol=1e-13 * np.linalg.norm(exact))  # rounding, condition < 1e3


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_series_converges_inside_the_radius_and_diverges_outside(case, sign):
    a, b, _ = expansion(case.problem, case.theta, 0)
    for scaled in (0.9, 1.1):
        errors = errors_by_terms(a, b, sign * scaled, 200)
        assert_allclose((errors[199] / errors[149]) ** (1 / 50), scaled, rtol=1e-3)


def test_sum_from_zero_is_the_inverse_and_from_one_is_a_times_it():
    A = np.array([[0.3, 0.2], [-0.1, 0.4]])
    inverse = np.linalg.inv(np.eye(2) - A)
    assert_allclose(power_sum(A, 0), inverse, rtol=1e-13)
    assert_allclose(power_sum(A, 1), A @ inverse, rtol=1e-13)


def test_scaled_radius_is_the_leverage_at_removal():
    radius = [spectral_radius(*expansion(LINEAR.problem, LINEAR.theta, i)[:2]) for i in range(LINEAR.problem.n)]
    assert_allclose(np.array(radius) / LINEAR.problem.n, leverages(LINEAR.problem, LINEAR.theta), rtol=1e-10)


def test_product_form_is_wrong_at_first_order_where_the_first_term_is_right():
    a, b, beta = expansion(LINEAR.problem, LINEAR.theta, 0)
    exact = -taylor_step(a, b, beta, 1e-8)
    assert_allclose(neumann_sums(a, b, beta, 1e-8, 1)[0], exact, rtol=1e-6)
    assert np.linalg.norm(product_form(a, b, beta, 1e-8) - exact) > 0.01 * np.linalg.norm(exact)
