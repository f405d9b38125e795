import numpy as np
import pytest

from influence_lab.data.toy import toy_data

DEFAULT = {
    "red_points": [75, 75],
    "red_x": [-1.0, 1.0],
    "red_y": [0.0, 0.0],
    "red_radii": [0.5, 0.5],
    "blue_points": 150,
    "margin": 0.5,
    "gap": 0.05,
    "test_points": 100,
}
UNEQUAL = DEFAULT | {"red_points": [10, 40, 7], "red_x": [0, 3, 0], "red_y": [0, 0, 3], "red_radii": [0.5, 1, 0.3]}


@pytest.mark.parametrize("layout", [DEFAULT, UNEQUAL], ids=["report", "unequal"])
def test_red_points_lie_in_their_discs_and_blue_points_outside_all(layout):
    data = toy_data(0, **layout)
    for part in ("train", "test"):
        X, cluster = data[f"X_{part}"], data[f"cluster_{part}"]
        distances = np.linalg.norm(X[:, None] - data["centres"], axis=2) / layout["red_radii"]
        red = cluster >= 0
        assert np.array_equal(data[f"y_{part}"], red)
        assert np.array_equal(
            np.flatnonzero(distances[red] <= 1), np.flatnonzero(np.eye(len(data["centres"]))[cluster[red]])
        )
        assert (distances[~red] > 1).all()


def test_sizes_are_as_asked_and_test_points_keep_the_proportions():
    data = toy_data(0, **UNEQUAL)
    assert np.unique(data["cluster_train"], return_counts=True)[1].tolist() == [150, 10, 40, 7]
    assert np.unique(data["cluster_test"], return_counts=True)[1].tolist() == [73, 5, 19, 3]  # of 100, 207 in training


def test_a_seed_draws_the_same_points_and_another_seed_others():
    one, same, other = (toy_data(seed, **DEFAULT) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not {tuple(x) for x in one["X_train"]} & {tuple(x) for x in [*other["X_train"], *one["X_test"]]}


@pytest.mark.parametrize(
    ("change", "message"),
    [({"red_x": [0.0]}, "one entry a disc"), ({"gap": 5.0}, "no room for 150 blue points")],
)
def test_impossible_layouts_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        toy_data(0, **DEFAULT | change)
