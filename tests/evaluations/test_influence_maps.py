import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.attributions.groups import kernel
from influence_lab.data.toy import toy_data
from influence_lab.evaluations.influence_maps import (
    boundary_statistics,
    damping_table,
    last_layer_maps,
    map_change,
    overlaps,
    top,
)
from influence_lab.models.retraining_work import Training
from influence_lab.models.toy import regularised_networks, toy_network


@pytest.fixture(scope="module")
def network():
    data = toy_data(0, [10, 10], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 20, 0.5, 0.05, 8)
    training = Training(hidden=(6, 4), epochs=30, batch_size=8, learning_rate=0.02)
    return data, toy_network(data, training, regularised_networks(data, {"none": training}, 1)["none"][0])


def test_the_last_layer_s_kernel_is_that_of_the_whole_network_s_last_block(network):
    data, trained = network
    block = trained.network.blocks[-1]
    own, of_centre = last_layer_maps(trained, data["centres"][0], 0.01)
    curvature = trained.gauss_newton()[block, block] + 0.01 * np.eye(5)
    gradients = trained.train_gradients[:, block]
    assert_allclose(own, kernel(gradients, curvature), rtol=1e-9, atol=1e-12)
    at_centre = trained.loss_gradients(data["centres"][:1], np.ones(1))[0, block]
    assert_allclose(of_centre, at_centre @ np.linalg.solve(curvature, gradients.T), rtol=1e-9, atol=1e-12)


def test_the_sweep_has_the_statistics_of_the_maps(network):
    data, trained = network
    clusters = data["cluster_train"]
    table = damping_table({"none": [trained]}, clusters, data["centres"][0], [0.01, 0.1], 12)
    assert len(table) == 4
    own, of_centre = last_layer_maps(trained, data["centres"][0], 0.01)
    row = table.query("layers == 'last' and damping == 0.01").iloc[0]
    expected = boundary_statistics(np.diag(own), trained.logits(trained.X), 12)
    assert_allclose((row["boundary_spearman"], row["top_margin_gap"]), expected, rtol=1e-9)
    assert row["cluster_share"] == (clusters[top(of_centre, 12)] == 0).mean()


def test_boundary_statistics_of_scores_that_fall_with_the_distance():
    logits = np.array([-4.0, 1.0, 2.0, -3.0])
    assert boundary_statistics(1 / np.abs(logits), logits, 2) == (1.0, 2.0)


def test_ties_in_a_top_go_to_the_first():
    assert_array_equal(top(np.array([[1.0, 1.0, 2.0], [3.0, 3.0, 3.0]]), 2), [[2, 0], [0, 1]])


def test_overlaps_are_jaccard():
    assert_allclose(overlaps(np.array([[0, 1, 2], [2, 3, 4], [5, 6, 7]]), 9)[0], [1, 1 / 5, 0])


def test_map_change_is_one_for_fixed_and_zero_for_random_maps():
    """Each regularisation its own top at all seeds: 1 − 0. Random tops: no difference beyond the interval."""
    fixed = np.array([[np.arange(5)] * 6, [np.arange(5, 10)] * 6])
    value, half = map_change(fixed, 10)
    assert value == 1.0
    assert half < 1e-12
    rng = np.random.default_rng(0)
    value, half = map_change(np.array([[rng.permutation(50)[:20] for _ in range(12)] for _ in range(3)]), 50)
    assert abs(value) < 2 * half < 0.2
