import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import linprog

from influence_lab.attributions.cluster_bandit import aligned, explore, from_best_clusters, transport_cost

RNG = np.random.default_rng(0)


def unit(count, dimension=5):
    vectors = RNG.normal(size=(count, dimension))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("sizes", [(3, 3), (4, 6), (5, 2), (1, 4)])
def test_the_transport_cost_is_the_linear_programme_s(sizes):
    """HiGHS solves to 1e-7."""
    sample, target = unit(sizes[0]), unit(sizes[1])
    rows = np.kron(np.eye(sizes[0]), np.ones(sizes[1]))
    columns = np.kron(np.ones(sizes[0]), np.eye(sizes[1]))
    margins = np.concatenate([np.full(sizes[0], 1 / sizes[0]), np.full(sizes[1], 1 / sizes[1])])
    costs = (1 - sample @ target.T).ravel()
    expected = linprog(costs, A_eq=np.concatenate([rows, columns]), b_eq=margins).fun
    assert_allclose(transport_cost(sample, target), expected, atol=1e-7)


def test_a_set_is_at_no_distance_from_itself_in_any_order():
    vectors = unit(6)
    assert_allclose(transport_cost(vectors, RNG.permutation(vectors)), 0, atol=1e-12)


def test_alignment_finds_a_linear_map_between_the_two():
    documents, true = RNG.normal(size=(40, 4)), RNG.normal(size=(4, 4))
    assert_allclose(aligned(documents, documents @ true, 1e-10), true, rtol=1e-8)


def world():
    """One cluster of three lies at the target."""
    target = np.eye(6)[:1]
    centres = np.eye(6)[[1, 0, 2]]
    clusters = np.repeat([0, 1, 2], 20)
    return centres[clusters], clusters, target


def test_without_exploration_the_best_arm_is_pulled_until_it_is_empty():
    vectors, clusters, target = world()
    seen = explore(vectors, clusters, target, pull=2, most=22, exploration=0.0, seed=0)
    assert np.bincount(clusters[seen.scored]).tolist() == [2, 18, 2]
    assert_allclose(seen.means, [-1, 0, -1], atol=1e-12)


def test_with_much_exploration_arms_are_pulled_alike():
    vectors, clusters, target = world()
    seen = explore(vectors, clusters, target, pull=1, most=30, exploration=100.0, seed=0)
    assert np.ptp(np.bincount(clusters[seen.scored])) <= 1


def test_nothing_is_scored_twice_and_all_of_it_can_be():
    vectors, clusters, target = world()
    seen = explore(vectors, clusters, target, pull=3, most=1000, exploration=0.5, seed=1)
    assert sorted(seen.scored) == list(range(60))


def test_the_choice_fills_the_best_clusters_first():
    clusters = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    chosen = from_best_clusters(np.array([0.1, 0.9, 0.5]), clusters, 4, seed=0)
    assert clusters[chosen].tolist() == [1, 1, 1, 2]
