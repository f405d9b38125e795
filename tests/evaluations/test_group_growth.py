import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.group_growth import KINDS, curves, growth, ordering, pools, relative_differences

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
