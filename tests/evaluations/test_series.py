import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.upweighting import expansion
from influence_lab.evaluations.series import (
    change_units,
    errors_by_terms,
    product_and_first_term,
    product_by_units,
    sum_gaps,
)
from influence_lab.models.theory import Trained
from tests.cases import CASES, LINEAR


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_the_first_term_becomes_exact_as_epsilon_vanishes(case):
    product, first = product_and_first_term(*expansion(case.problem, case.theta, 0), np.array([1e-2, 1e-6]))
    assert first[1] < 1e-5 < 0.01 < product[1]


def test_errors_of_a_rank_one_series_are_powers():
    """b = xxᵀ: each term multiplies the error by |ερ|."""
    errors = errors_by_terms(*expansion(LINEAR.problem, LINEAR.theta, 0)[:2], -0.5, 10)
    assert_allclose(errors[1:] / errors[:-1], 0.5, rtol=1e-9)


def test_the_sum_starts_at_one():
    from_zero, from_one = sum_gaps(*expansion(LINEAR.problem, LINEAR.theta, 0)[:2])
    assert from_one < 1e-12 < 0.1 < from_zero


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_product_is_right_to_first_order_only_where_the_hessian_is_the_identity(case):
    """θ = sφ: the step shrinks by s, the product grows by s³."""
    whitened = change_units(*expansion(case.problem, case.theta, 0), "whitened")
    assert_allclose(whitened[0], np.eye(case.problem.size), atol=1e-12)
    assert product_and_first_term(*whitened, np.array([1e-6]))[0, 0] < 3e-6  # about 2ερ
    large = change_units(*expansion(case.problem, case.theta, 0), 100.0)
    assert product_and_first_term(*large, np.array([1e-6]))[0, 0] > 1e3


def test_product_by_units_has_a_row_for_each_model():
    trained = {case.name: Trained(case.problem, case.theta, case.X_test, case.y_test) for case in CASES}
    table = product_by_units(trained, {name: np.array([0, 1]) for name in trained}, 1e-6)
    assert len(table) == len(trained)
    assert table["whitened, a = I"].max() < 1e-5 < 0.01 < table["as they are"].min()
