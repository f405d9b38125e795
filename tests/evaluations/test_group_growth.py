from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.group_growth import (
    KINDS,
    curves,
    expected_growth,
    growth,
    ordering,
    ordering_by_damping,
    pair_means,
    pools,
    relative_differences,
    turning_size,
)

CLUSTERS = np.array([0] * 8 + [1] * 8 + [-1] * 10)
LOGITS = np.concatenate([np.arange(1.0, 9), np.full(18, 5.0)])


def test_pools_are_what_their_names_say():
    found = pools(CLUSTERS, LOGITS)
    assert list(found) == list(KINDS)
    assert found["boundary_left"].tolist() == [0, 1, 2, 3]  # the smallest |logit| of cluster 0
    assert [len(pool) for pool in found.values()] == [4, 8, 16, 26]


def test_equal_pulls_add_to_the_square_of_the_size_and_unlike_ones_to_the_size():
    """K = 1 everywhere: I(S) = |S|²; K = identity: I(S) = |S|. Whatever the draw."""
    for K, power in ((np.ones((26, 26)), 2), (np.eye(26), 1)):
        values = growth(K, CLUSTERS, LOGITS, [1, 2, 4], draws=3, seed=0)
        assert values.shape == (3, 3, 4)
        assert_allclose(values, np.broadcast_to(np.array([1, 2, 4])[:, None] ** float(power), (3, 3, 4)))


def test_closed_form_is_the_mean_over_all_groups_and_drawn_groups_scatter_around_it():
    """All 28 pairs of cluster 0 by hand; for drawn groups, 400 draws lie within four standard errors."""
    g = np.random.default_rng(0).standard_normal((26, 3)) + 0.5
    K, sizes = g @ g.T, [2, 4]
    exact = expected_growth(pair_means(K, CLUSTERS, LOGITS), sizes)
    pairs = [K[np.ix_(each, each)].sum() for each in combinations(range(8), 2)]
    assert_allclose(exact[0, list(KINDS).index("left")], np.mean(pairs), rtol=1e-12)
    drawn = growth(K, CLUSTERS, LOGITS, sizes, draws=400, seed=0)
    assert (np.abs(drawn.mean(axis=0) - exact) <= 4 * drawn.std(axis=0) / 20 + 1e-9).all()


def test_kinds_turn_where_their_parabolas_cross():
    """m + m(m − 1)·0.5 and 3 m + m(m − 1)·0.25 meet at m = 9; equal signs never meet."""
    means = np.array([[1.0, 0.5], [3.0, 0.25], [4.0, 0.75], [0.0, 0.0]])
    m = turning_size(means, "boundary_left", "left")
    assert m == 9
    assert_allclose(*expected_growth(means, [9])[0, :2])
    assert turning_size(means, "either", "left") == float("inf")


def test_sweep_has_the_ordering_of_each_damping():
    means = np.stack([pair_means(np.ones((26, 26)), CLUSTERS, LOGITS)] * 3)
    table = ordering_by_damping({0.1: means, 1.0: 2 * means}, [2, 4], [("left", "any")], resamples=20)
    assert table["damping"].tolist() == [0.1, 1.0]
    assert_allclose(table[["value", "half"]], 0, atol=1e-12)  # K is 1 everywhere: all kinds alike


def test_a_size_beyond_the_pool_is_an_error():
    with pytest.raises(ValueError, match="only 4 points lie at the boundary"):
        growth(np.eye(26), CLUSTERS, LOGITS, [5], draws=1, seed=0)


def test_ordering_is_relative_to_the_mean_of_each_size_and_bootstrapped():
    """Kinds worth 4, 2, 1, 1 times the size: differences 2/2, 1/2 and 0, at every size; scatter widens the interval."""
    worth = np.array([4.0, 2, 1, 1]) * np.array([1.0, 10])[:, None]
    exact = np.broadcast_to(worth, (5, 6, 2, 4))
    assert_allclose(relative_differences(exact, "boundary_left", "left"), [1, 1])
    table = ordering(exact, "left", "either", resamples=50)
    assert_allclose(table["value"], [0.5] * 3)
    assert_allclose(table["half"], 0, atol=1e-12)
    noisy = exact * np.random.default_rng(0).lognormal(0, 0.5, exact.shape)
    table = ordering(noisy, "either", "any", resamples=200)
    assert (table["half"] > 0.02).all()
    assert abs(table["value"].iloc[-1]) < 2 * table["half"].iloc[-1]


def test_curves_average_over_draws_and_bracket_seeds():
    values = np.zeros((2, 3, 1, 4))
    values[1] = 2.0
    table = curves(values, [7])[KINDS["left"]]
    assert table["size"].tolist() == [7]
    assert table["mean"].iloc[0] == 1.0
    assert_allclose(table["half"].iloc[0], 12.706, rtol=1e-4)  # t of one degree of freedom times 1
