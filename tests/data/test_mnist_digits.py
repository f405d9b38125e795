import numpy as np
import pytest

from influence_lab.data.mnist_digits import mnist_digits


@pytest.fixture(scope="module")
def digits():
    return mnist_digits(seed=0)


def test_they_have_the_form_of_cifar10_and_say_what_they_are(digits):
    assert digits.train_images.shape == (4500, 32, 32, 3)
    assert digits.test_images.shape == (500, 32, 32, 3)
    assert digits.train_images.dtype == np.uint8
    assert digits.train_labels.dtype == np.int64
    assert digits.train_images.max() == 255
    assert digits.classes.tolist() == list("0123456789")
    assert str(digits.source) == "digits"


def test_every_class_has_its_share_in_every_first_part(digits):
    for labels in (digits.train_labels, digits.test_labels):
        assert (np.sort(labels.reshape(-1, 10), axis=1) == np.arange(10)).all()
        assert len({tuple(ten) for ten in labels.reshape(-1, 10)[:20]}) > 1  # in an order of its own


def test_grey_with_an_empty_frame(digits):
    images = digits.train_images
    assert (images == images[..., :1]).all()
    assert images[:, 2:-2, 2:-2].any(axis=(1, 2, 3)).all()
    frame = images.copy()
    frame[:, 2:-2, 2:-2] = 0
    assert not frame.any()


def test_all_5000_are_used_once(digits):
    pixels = np.concatenate([digits.train_images, digits.test_images])[..., 0].reshape(5000, -1)
    assert len(np.unique(pixels, axis=0)) == 5000


def test_the_seed_says_the_order(digits):
    np.testing.assert_array_equal(mnist_digits(seed=0).train_images, digits.train_images)
    assert not np.array_equal(mnist_digits(seed=1).train_images, digits.train_images)
