import numpy as np
import pytest

from influence_lab.attributions.functioning_groups import grow, unit
from influence_lab.evaluations.group_search import (
    all_mismatches,
    centre_point,
    cluster_then_other,
    inequality_mismatches,
    outcomes,
    random_additions,
    refused_for_length,
    rim_over_core,
    same_choices,
    searches,
)


@pytest.fixture
def world():
    """Two red clusters along orthogonal directions, and blue points opposite to both."""
    rng = np.random.default_rng(0)
    cluster = np.repeat([0, 1, -1], [6, 5, 7])
    features = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])[cluster] + 0.01 * rng.standard_normal((18, 2))
    X = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 3.0]])[cluster] + 0.1 * rng.standard_normal((18, 2))
    data = {
        "X_train": X,
        "y_train": (cluster >= 0) * 1.0,
        "cluster_train": cluster,
        "centres": np.array([[-1.0, 0], [1, 0]]),
    }
    return data, features


def test_seed_is_the_disc_point_nearest_to_the_centre(world):
    data, _ = world
    seed = centre_point(data, 1)
    distance = np.linalg.norm(data["X_train"] - [1, 0], axis=1)
    assert data["cluster_train"][seed] == 1
    assert distance[seed] == distance[data["cluster_train"] == 1].min()


def test_outcomes_of_a_search_that_exhausts_its_cluster(world):
    data, features = world
    row = outcomes(data, [grow(features, [0], 17)], 0).iloc[0]
    assert (row["first_outsider"], row["remaining"], row["oracle"], row["rand_oracle"]) == (6, 0, 6, 1)
    assert (row["peak"], row["rand_peak"], row["own_peak"], row["blue_peak"]) == (6, 1, 1, 0)  # 36/6 > 37/7


def test_refusals_for_length_and_for_direction_are_told_apart():
    """To eight long points, a short one along them is refused (2·0.1·8 < 8) for its length, one across for itself."""
    features = np.array([[1.0, 0.0]] * 8 + [[0.1, 0.0], [0.0, 0.1], [0.0, -1.0]])
    trace = grow(features, [0], 10)
    assert trace.peak == 8
    assert refused_for_length(features, trace, np.arange(11)) == (1, 3)
    assert refused_for_length(features, trace, np.array([0, 9, 10])) == (0, 2)


def test_inequality_never_disagrees_and_every_candidate_is_compared(world):
    _, features = world
    trace = grow(features, [0], 17)
    mismatches, compared = inequality_mismatches(features, trace)
    assert mismatches == 0
    assert 0.9 * 17 * 18 / 2 <= compared <= 17 * 18 / 2


def test_random_additions_are_double_sums_over_the_kernel(world):
    data, features = world
    orders = cluster_then_other(data, 0, 3, 0)
    K = features @ features.T
    for order, values in zip(orders, random_additions(features, orders), strict=True):
        assert set(data["cluster_train"][order[:6]]) == {0}
        assert set(data["cluster_train"][order[6:]]) == {1}
        expected = [K[np.ix_(order[:k], order[:k])].sum() / k for k in range(1, 12)]
        np.testing.assert_allclose(values, expected, rtol=1e-10)


def test_rim_and_core_are_halves_by_distance_from_the_centre():
    data = {"X_train": np.array([[0.1, 0], [0.2, 0], [0.8, 0], [0.9, 0], [3, 0]]), "centres": np.zeros((1, 2)),
            "cluster_train": np.array([0, 0, 0, 0, -1])}  # fmt: skip
    assert rim_over_core(data, np.diag([1.0, 1, 3, 5, 99])) == 4


def test_all_searches_are_counted(world):
    _, features = world
    found = searches([features, 2 * features], 0, "algorithm")
    mismatches, compared = all_mismatches([features, 2 * features], found)
    one = [
        inequality_mismatches(points, found[kind][0])[1]
        for kind, points in (("raw", features), ("cosine", unit(features)))
    ]
    assert (mismatches, compared) == (0, 2 * sum(one))  # scaling changes nothing


def test_same_choices_are_all_for_equal_lengths(world):
    _, features = world
    unit_features = features / np.linalg.norm(features, axis=1, keepdims=True)
    assert same_choices([unit_features], 0, 10).tolist() == [1.0]
