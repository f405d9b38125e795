import numpy as np
import pytest

from influence_lab.data.near_duplicates import (
    Pairs,
    Thresholds,
    accepted,
    candidates,
    clusters,
    coarse,
    directions,
    same,
    verify,
)
from influence_lab.evaluations.duplicate_calibration import CHANGES, relit, shifted

THRESHOLDS = Thresholds(coarse=0.72, edges=0.58, pixels=0.85)


def pictures(count, seed):
    """Smooth coloured noise on two scales: no two alike, with edges, as photographs have."""
    rng = np.random.default_rng(seed)
    large = rng.uniform(0, 255, (count, 4, 4, 3)).repeat(8, axis=1).repeat(8, axis=2)
    small = rng.uniform(-60, 60, (count, 8, 8, 3)).repeat(4, axis=1).repeat(4, axis=2)
    return np.clip(large + small, 0, 255).astype(np.uint8)


def pair(count, mirrored=False):
    rows, unknown = np.arange(count), np.full(count, np.nan)
    return Pairs(rows, rows, np.full(count, mirrored), unknown, unknown)


def test_an_image_correlates_fully_with_itself_in_other_light():
    """Correlations do not change with brightness and contrast; 8 bits round the grey values, hence 0.99."""
    images = np.clip(pictures(20, 0), 60, 180)
    found = verify(images, pair(20), relit(images, 0.7, 10))
    assert found.pixels.min() > 0.999
    assert found.edges.min() > 0.99
    equal = verify(images, pair(20))
    np.testing.assert_allclose(equal.edges, 1, atol=1e-4)  # single precision over 1,458 products
    np.testing.assert_allclose(equal.pixels, 1, atol=1e-4)


@pytest.mark.parametrize("down", [-2, 0, 1])
@pytest.mark.parametrize("right", [-1, 2])
def test_shifts_of_up_to_two_pixels_are_found_exactly(down, right):
    """The middle 28 × 28 pixels are untouched by the border, so their colours are the same pixels: correlation 1."""
    images = pictures(10, 1)
    found = verify(images, pair(10), shifted(images, down, right))
    np.testing.assert_allclose(found.pixels, 1, atol=1e-4)
    assert accepted(found, THRESHOLDS).all()


def test_larger_shifts_and_other_pictures_are_refused():
    images = pictures(30, 2)
    assert not accepted(verify(images, pair(30), pictures(30, 3)), THRESHOLDS).any()
    assert not accepted(verify(images, pair(30), shifted(images, 5, 5)), THRESHOLDS).any()


def test_a_flat_image_is_no_duplicate_of_anything():
    flat = np.full((2, 32, 32, 3), 100, dtype=np.uint8)
    assert not accepted(verify(flat, pair(2), flat), THRESHOLDS).any()


def test_the_search_finds_planted_copies_and_nothing_else():
    images = pictures(60, 4)
    copies = np.concatenate(
        [
            CHANGES["moved by 1 pixel"](images[:3]),
            CHANGES["mirrored"](images[3:6]),
            CHANGES["contrast × 0.6"](images[6:9]),
        ]
    )
    everything = np.concatenate([images, copies])
    found = verify(everything, candidates(everything, THRESHOLDS.coarse, directions(everything), chunk=17))
    found = found.at(accepted(found, THRESHOLDS))
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(k, 60 + k) for k in range(9)]
    np.testing.assert_array_equal(found.mirrored, [False] * 3 + [True] * 3 + [False] * 3)
    assert not same(everything, found).any()


def test_candidates_are_the_pairs_of_the_whole_matrix_above_the_threshold():
    images = pictures(40, 5)
    along = directions(images)
    found = candidates(images, 0.3, along, chunk=7)
    as_is, turned = coarse(images, along), coarse(images[:, :, ::-1], along)
    expected = np.maximum(as_is @ as_is.T, turned @ as_is.T) > 0.3
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == set(
        zip(*(index.tolist() for index in np.nonzero(np.triu(expected, 1))), strict=True)
    )


def test_clusters_are_connected_components():
    links = Pairs(np.array([0, 1, 4]), np.array([1, 2, 5]), *np.zeros((3, 3)))
    numbers = clusters(links, 6)
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]
    assert numbers[4] == numbers[5] != numbers[0]


def test_a_set_without_near_duplicates_gives_no_pairs():
    images = pictures(20, 6)
    found = verify(images, candidates(images, 0.999, directions(images)))
    assert len(found.first) == 0
    assert len(np.unique(clusters(found, 20))) == 20
