from itertools import permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.influence_partition import (
    cohesion,
    greedy_partition,
    group_sums,
    improvable,
    k_means,
    objective_share,
    random_share,
    self_influence,
    singletons,
)

PHI = np.random.default_rng(0).normal(size=(40, 5)) * np.random.default_rng(1).lognormal(size=(40, 1))
GROUPS = np.random.default_rng(2).permutation(np.arange(40) % 6)
STEPS = (10, 10)


@pytest.mark.parametrize("features", [PHI, unit(PHI)], ids=["raw", "cosine"])
def test_within_cluster_squares_are_self_influence_less_cohesion(features):
    means = np.stack([features[group == GROUPS].mean(axis=0) for group in range(6)])
    squares = ((features - means[GROUPS]) ** 2).sum()
    assert_allclose(squares, self_influence(features).sum() - cohesion(features, GROUPS, 6).sum(), rtol=1e-10)


def test_cohesion_is_the_sum_of_k_over_the_size():
    K = PHI @ PHI.T
    expected = [K[np.ix_(group == GROUPS, group == GROUPS)].sum() / (group == GROUPS).sum() for group in range(6)]
    assert_allclose(cohesion(PHI, GROUPS, 6), expected, rtol=1e-10)


def test_objective_lies_between_zero_and_all_self_influence_and_singletons_reach_it():
    assert 0 <= objective_share(PHI, GROUPS) <= 1
    assert_allclose(objective_share(PHI, np.arange(40)), 1, rtol=1e-12)
    assert_allclose(objective_share(PHI, singletons(PHI, 40)), 1, rtol=1e-12)


def test_one_group_has_the_squared_sum_over_n_which_is_zero_where_gradients_sum_to_zero():
    one = np.zeros(40, dtype=int)
    assert_allclose(cohesion(PHI, one, 1), (PHI.sum(axis=0) ** 2).sum() / 40, rtol=1e-12)
    centred = PHI - PHI.mean(axis=0)
    assert objective_share(centred, one) < 1e-25  # (rounding of the sum)² relative to the squares


def test_improvable_counts_the_images_that_raise_the_quotient_by_moving():
    def quotient(members):
        return (PHI[members].sum(axis=0) ** 2).sum() / members.sum()

    found = improvable(PHI, GROUPS, 6)
    for number in range(6):
        inside = number == GROUPS
        raising = [quotient(np.logical_xor(inside, np.arange(40) == x)) > quotient(inside) for x in range(40)]
        assert found.joining[number] == np.sum(raising & ~inside)
        assert found.leaving[number] == np.sum(raising & inside)
    assert found.joining.sum() > 0
    assert found.leaving.sum() > 0
    assert improvable(PHI, np.arange(40), 40).leaving.sum() == 0  # the only member stays


def test_objective_never_falls_when_a_group_is_divided():
    finer = np.where((GROUPS == 0) & (np.arange(40) % 2 == 0), 6, GROUPS)
    assert objective_share(PHI, finer) >= objective_share(PHI, GROUPS)


@pytest.mark.parametrize("groups", [[0, 0, 0, 1, 1], [0, 1, 1, 1, 1], [0, 0, 1, 1, 2]])
def test_random_share_is_the_mean_over_all_orders(groups):
    """Whatever the sizes; five images have 120 orders."""
    few, groups = PHI[:5], np.array(groups)
    mean = np.mean([objective_share(few, groups[list(order)]) for order in permutations(range(5))])
    assert_allclose(random_share(few, groups.max() + 1), mean, rtol=1e-10)


def test_k_means_is_a_fixed_point_each_image_in_its_nearest_group():
    groups = k_means(PHI, 4, seed=0, steps=(100, 100), start_images=40)
    means = group_sums(PHI, groups, 4) / np.bincount(groups)[:, None]
    nearest = ((PHI[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert_array_equal(nearest, groups)


def test_k_means_finds_separate_clouds_whatever_the_seed():
    centres = 20 * np.eye(5)
    clouds = np.repeat(np.arange(5), 8)
    features = centres[clouds] + np.random.default_rng(0).normal(size=(40, 5))
    best = objective_share(features, clouds)
    found = max(objective_share(features, k_means(features, 5, seed, STEPS, 40)) for seed in range(10))
    assert_allclose(found, best, rtol=1e-10)


@pytest.mark.parametrize("count", [2, 7, 40])
def test_no_group_is_empty(count):
    assert_array_equal(np.unique(k_means(PHI, count, 0, STEPS, 40)), np.arange(count))


def test_cosine_partition_does_not_depend_on_lengths():
    scaled = (PHI * np.random.default_rng(4).lognormal(size=(40, 1))).astype(np.float64)
    assert_array_equal(k_means(unit(PHI), 4, 0, STEPS, 30), k_means(unit(scaled), 4, 0, STEPS, 30))


def test_greedy_groups_divide_all_images_into_equal_sizes():
    sizes = np.bincount(greedy_partition(PHI, 6, seed=0), minlength=6)
    assert sizes.sum() == 40
    assert sizes.max() - sizes.min() <= 1


def test_too_many_groups_are_refused():
    with pytest.raises(ValueError, match="41 groups of 40 images"):
        k_means(PHI, 41, 0, STEPS, 41)
