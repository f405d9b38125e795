import numpy as np
import pytest

from influence_lab.data.relative_influence import (
    BLUE_RADIUS,
    RED_CENTRES,
    RED_RADIUS,
    WORLDS,
    relative_data,
    two_discs,
    wrong_labels,
)


@pytest.fixture(scope="module")
def arrays():
    return relative_data(seeds=2, train_rows=40, test_rows=8, flipped_share=0.1)


def test_every_red_point_lies_in_one_of_the_discs_and_every_blue_one_in_the_middle():
    X, y = two_discs(400, np.random.default_rng(0))
    red, blue = X[y == 1, 1:], X[y == 0, 1:]
    distances = np.linalg.norm(red[:, None] - RED_CENTRES, axis=2)
    assert ((distances <= RED_RADIUS).sum(axis=1) == 1).all()
    assert (distances.argmin(axis=1) == 0).sum() == 100
    assert (np.linalg.norm(blue, axis=1) <= BLUE_RADIUS).all()


@pytest.mark.parametrize("world", WORLDS)
def test_exactly_the_asked_share_of_labels_is_wrong(arrays, world):
    assert ((arrays[f"{world}_y_flipped"] != arrays[f"{world}_y_train"]).sum(axis=1) == 4).all()


@pytest.mark.parametrize("world", WORLDS)
def test_seeds_differ_and_no_row_is_both_training_and_test(arrays, world):
    X_train, X_test = arrays[f"{world}_X_train"], arrays[f"{world}_X_test"]
    assert not np.array_equal(X_train[0], X_train[1])
    assert (X_train[..., 0] == 1).all()
    for seed in range(2):
        both = {row.tobytes() for row in X_train[seed]} & {row.tobytes() for row in X_test[seed]}
        assert not both


def test_wrong_labels_are_other_classes_and_the_same_for_a_seed():
    y = np.arange(10.0).repeat(5)
    wrong = wrong_labels(y, 0.5, seed=3)
    assert set(wrong) <= set(y)
    assert np.array_equal(wrong, wrong_labels(y, 0.5, seed=3))


def test_too_many_rows_are_refused():
    with pytest.raises(ValueError, match="there are 569"):
        relative_data(seeds=1, train_rows=560, test_rows=40, flipped_share=0.1)
