import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_lab.evaluations.clustering import k_means, spectral


@pytest.fixture
def blobs():
    """Three tight clouds of unequal size, far from each other."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [40, 25, 30])
    return rng.normal(0, 0.1, (95, 2)) + np.array([[0, 0], [4, 0], [0, 4]])[truth], truth


@pytest.mark.parametrize("count", [None, 3])
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


def test_eigengap_counts_clouds(blobs):
    points, truth = blobs
    assert adjusted_rand_score(truth, spectral(points, 24)) == 1
