import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.multi_stage_convex import (
    formula,
    formula_errors,
    limits,
    measured,
    single_stage,
    vanishing,
)
from influence_lab.models.convex_stages import CASES, LOGISTIC, SINGULAR, SOFTMAX, convex_stages

POINTS = [0, 3]


@pytest.fixture(scope="module", params=list(CASES))
def stages(request):
    return convex_stages(request.param, seed=0, tests=4, decay=0.01)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e6])
def test_the_formula_is_the_derivative_of_training_both_stages_again(stages, alpha):
    found = formula(stages, alpha, POINTS)
    assert_allclose(found, measured(stages, [alpha], POINTS, 3e-4)[0], rtol=0, atol=1e-7 * np.abs(found).max())


def test_at_a_large_alpha_it_is_single_stage_influence(stages):
    """The difference falls like 1/α."""
    single = single_stage(stages, POINTS)
    near, far = (np.linalg.norm(formula(stages, alpha, POINTS) - single) for alpha in (1e4, 1e5))
    assert near / far == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize(("case", "survives"), [(LOGISTIC, False), (SOFTMAX, False), (SINGULAR, True)])
def test_at_a_small_alpha_only_a_null_space_that_f_sees_is_left(case, survives):
    stages = convex_stages(case, seed=0, tests=4, decay=0.01)
    least, size = vanishing(stages, POINTS), np.abs(single_stage(stages, POINTS)).max()
    assert (np.abs(least).max() > 1e-2 * size) == survives
    near, far = (np.linalg.norm(formula(stages, alpha, POINTS) - least) for alpha in (1e-5, 1e-6))
    assert near / far == pytest.approx(10, rel=1e-2)


def test_tables_tell_the_blogs_formula_from_the_corrected_one():
    """−1/α in place of 1: the relative difference is 1 + 1/α, and the ranking is upside down."""
    table = formula_errors(1, [0.1, 10.0], 4, 3, 0.01, 3e-4)
    assert len(table) == 2 * len(CASES)
    assert table["corrected"].max() < 1e-7
    assert_allclose(table["blog"], 1 + 1 / table["alpha"], rtol=1e-6)
    assert_allclose(table["blog_ranks"], -1, atol=1e-12)
    assert_allclose(table["blog_size"] * table["alpha"], table["measured_size"], rtol=1e-6)


def test_limits_hold_together():
    """The size lies within the distances from both limits (triangle inequality)."""
    table = limits(1, [1e-5, 1.0, 1e7], 2, 3, 0.01)
    assert ((table["size"] - 1).abs() <= table["from_single"] + 1e-9).all()
    assert ((table["size"] - table["survives"]).abs() <= table["from_vanishing"] + 1e-9).all()
