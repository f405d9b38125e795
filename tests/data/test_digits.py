import numpy as np
import pytest

from influence_lab.data.digits import small_digits


def test_pixels_are_means_in_zero_to_one_and_the_draw_is_repeatable():
    first, second = small_digits(20, 10, seed=3), small_digits(20, 10, seed=3)
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    assert first.train_images.shape == (20, 16)
    assert 0 <= first.train_images.min() <= first.train_images.max() <= 1


def test_training_and_test_images_are_drawn_without_replacement():
    digits = small_digits(1000, 797, seed=0)
    counts = np.bincount(np.concatenate([digits.train_labels, digits.test_labels]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # the data set's own


def test_more_images_than_there_are():
    with pytest.raises(ValueError, match="there are 1797"):
        small_digits(1797, 1, seed=0)
