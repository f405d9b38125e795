import numpy as np

from influence_lab.data.near_duplicates import Thresholds, directions
from influence_lab.evaluations.duplicate_calibration import decoys, relit, search, shifted
from influence_lab.evaluations.duplicate_summary import chance_share
from tests.data.test_near_duplicates import pictures

THRESHOLDS = Thresholds(coarse=0.72, edges=0.58, pixels=0.85)


def test_shifts_move_pixels_and_repeat_the_edge():
    images = pictures(2, 0)
    moved = shifted(images, 1, -2)
    np.testing.assert_array_equal(moved[:, 1:, :-2], images[:, :-1, 2:])
    np.testing.assert_array_equal(moved[:, 0], moved[:, 1])


def test_light_is_cut_off_at_black_and_white():
    assert relit(np.array([[[[0, 128, 255]]]], dtype=np.uint8), 2.0, 10).ravel().tolist() == [0, 138, 255]


def test_copies_are_recognised_and_random_pairs_are_not():
    images = pictures(60, 1)
    arrays, table = search(images, np.arange(60) % 3, THRESHOLDS, copies=30, upside_down=20, seed=0)
    found = table.set_index("kind")["found"]
    assert found["mirrored"] == found["brighter by 30 of 255"] == found["JPEG of quality 50"] == 1.0
    assert found["two images of one class, at random"] == 0.0
    assert (table["found"] <= table["filtered"]).all()
    assert int(arrays["comparisons"]) == 60 * 59 // 2
    assert int(arrays["decoy_comparisons"]) == 20 * 59


def test_an_image_that_is_its_own_decoy_is_not_counted():
    symmetric = pictures(10, 2)
    symmetric = np.concatenate([symmetric[:, :16], symmetric[:, :16][:, ::-1]], axis=1)
    found = decoys(symmetric, directions(symmetric), 0.72, draws=10, seed=0)
    assert (found.first != found.second).all()


def test_share_of_chance_is_scaled_to_the_comparisons():
    """4 decoys in a tenth of the comparisons are 40 of 100 pairs; the exact Poisson bound of 4 is 10.24."""
    values = {"edges": np.ones(100), "pixels": np.ones(100), "decoy_edges": np.ones(4), "decoy_pixels": np.ones(4)}
    chance = chance_share(values | {"comparisons": np.array(1000), "decoy_comparisons": np.array(100)}, 0.5, 0.5)
    assert chance.decoys == 4
    assert chance.share == 0.4
    np.testing.assert_allclose(chance.upper, 1.024, atol=0.001)
