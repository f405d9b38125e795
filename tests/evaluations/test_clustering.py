import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_lab.evaluations.clustering import EIGENVALUE_COUNTS, INDICES, k_means, mutual_neighbours, spectral


@pytest.fixture
def blobs():
    """Three tight clouds of unequal size, far from each other."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [40, 25, 30])
    return rng.normal(0, 0.1, (95, 2)) + np.array([[0, 0], [4, 0], [0, 4]])[truth], truth


@pytest.fixture
def loose():
    """Three uniform squares of side 1, 0.5 apart: not clouds that any graph would part."""
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1, 2], [80, 50, 60])
    return rng.uniform(0, 1, (190, 2)) + np.array([[0, 0], [1.5, 0], [0, 1.5]])[truth], truth


@pytest.mark.parametrize("count", [*INDICES, 3])
def test_k_means_finds_what_is_far_apart_with_and_without_the_number(blobs, count):
    points, truth = blobs
    assert adjusted_rand_score(truth, k_means(points, count)) == 1


def test_spectral_clustering_finds_rings_where_k_means_fails():
    """Two concentric rings: no straight line parts them (Ng, Jordan and Weiss 2002)."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    points, truth = np.concatenate([ring, 3 * ring]), np.repeat([0, 1], 60)
    assert adjusted_rand_score(truth, spectral(points, 6, 2)) == 1
    assert adjusted_rand_score(truth, k_means(points, 2)) < 0.5


def test_largest_gap_counts_clouds_when_the_graph_joins_nearly_all_of_one(blobs):
    points, truth = blobs
    assert adjusted_rand_score(truth, spectral(points, 24, "largest gap")) == 1


@pytest.mark.parametrize("rule", ["largest ratio", "eigenvalues below 0.02"])
def test_eigenvalues_near_zero_count_loose_squares(loose, rule):
    points, truth = loose
    assert adjusted_rand_score(truth, spectral(points, 10, rule)) == 1


def test_a_ratio_sees_three_separate_parts_where_the_gap_is_misled():
    """Eigenvalues 0, 0, 0 (three parts), .05, .25: the ratio takes 3, the gap 4, and so do those below .02 take 3."""
    values = np.array([0, 0, 0, 0.05, 0.25, 0.3, 0.35, 0.4, 0.45])
    assert {name: count(values) for name, count in EIGENVALUE_COUNTS.items()} == {
        "largest gap": 4,
        "largest ratio": 3,
        "eigenvalues below 0.02": 3,
    }


def test_mutual_neighbours_part_squares_and_left_overs_join_the_nearest(loose):
    """A lone point beside the second square is nobody's mutual neighbour group of more than k, and joins it."""
    points, truth = loose
    points, truth = np.vstack([points, [2.8, 0.5]]), np.append(truth, 1)
    assert adjusted_rand_score(truth, mutual_neighbours(points, 8)) == 1
