import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from influence_lab.evaluations.group_removals import (
    ORDERS,
    drawn_groups,
    order_slopes,
    order_table,
    rank_interval,
    ratio_interval,
    removal_table,
)
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.theory import Trained


@pytest.fixture(scope="module")
def trained():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(220), rng.standard_normal((220, 2))])
    y = (X @ [0.2, 0.8, -0.4] + 1.5 * rng.standard_normal(220) > 0).astype(float)
    problem = LogisticRegression(X[:200], y[:200])
    return Trained(problem, minimise(problem, np.zeros(3)).theta, X[200:], y[200:])


@pytest.fixture(scope="module")
def table(trained):
    return removal_table(trained, [0.01, 0.25], draws=20)


def test_groups_have_their_size_and_shares_differ_in_their_draws():
    small, large = drawn_groups(100, 0.05, 7, 0), drawn_groups(100, 0.1, 7, 0)
    assert (small.sum(1) == 5).all()
    assert (large.sum(1) == 10).all()
    assert len(np.unique(small, axis=0)) == 7


def test_for_small_groups_the_definition_over_n_is_the_effect(trained, table):
    """2 of 200 points: the ratio differs from 1 by the leverage of the group, about p|U|/n = 0.03, and H's change."""
    value, half = ratio_interval(table, "own", 0.01, trained.problem.n)
    assert abs(value - 1) < 0.1
    assert half < 0.1
    assert_allclose(ratio_interval(table, "own", 0.01)[0], trained.problem.n * value)


def test_each_order_is_better_than_the_one_before(table):
    errors = table.groupby("share")[[f"error_{name}" for name in ORDERS]].mean().to_numpy()
    assert (np.diff(errors, axis=1) < 0).all()


def test_orders_of_convergence(trained):
    slopes = order_slopes(order_table(trained, 0.05, groups=3, fractions=np.geomspace(0.02, 0.2, 5)))
    for name, order in {"first": 2, "pairwise": 2, "third": 3}.items():
        assert_allclose([slope.slope for slope in slopes[name]], order, atol=0.1)  # next order at τ ≤ 0.2, q ≤ 0.01


def test_rank_interval_is_spearman_with_an_interval():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(60)
    rows = pd.DataFrame({"target": "own", "share": 0.1, "definition": x, "effect": x + rng.standard_normal(60)})
    value, half = rank_interval(rows, "own", 0.1)
    assert_allclose(value, spearmanr(rows["definition"], rows["effect"]).statistic, rtol=1e-12)
    assert 0.05 < half < 0.4
