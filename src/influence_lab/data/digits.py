"""Handwritten digits at 4 × 4 pixels: real data that ships with scikit-learn and keeps parameter counts small."""

from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits


class Digits(NamedTuple):
    """Images as rows of pixel means in [0, 1], and their labels 0 to 9."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def small_digits(train: int, test: int, seed: int) -> Digits:
    """Draw images without replacement from the UCI digits (1,797 images, 8 × 8 pixels) and average 2 × 2 pixels.

    Args:
        train: number of training images.
        test: number of test images, none of them in the training set.
        seed: of the draw.

    Returns:
        Images of shape (n, 16), float64, and labels of shape (n,), int64.

    Raises:
        ValueError: more images asked for than there are.

    >>> small_digits(train=3, test=2, seed=0).test_images.shape
    (2, 16)
    """
    source = load_digits()
    available = len(source.target)
    if train + test > available:
        raise ValueError(f"asked for {train} + {test} digits, there are {available}")
    images = source.images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16) / 16.0
    labels = source.target.astype(np.int64)
    chosen = np.random.default_rng(seed).permutation(available)
    first, second = chosen[:train], chosen[train : train + test]
    return Digits(images[first], labels[first], images[second], labels[second])
