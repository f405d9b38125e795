import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.upweighting import expansion
from influence_lab.evaluations.series import errors_by_terms, product_and_first_term, sum_gaps
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
