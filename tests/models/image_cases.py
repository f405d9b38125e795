"""Small real images for the image models: scikit-learn's 8 × 8 digits, each pixel as a block of 4 × 4, in grey."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 digits as uint8 images (n, 32, 32, 3), and their labels."""
    grey, labels = load_digits(return_X_y=True)
    pixels = np.round(grey * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    return np.repeat(np.kron(pixels, np.ones((1, 4, 4, 1), np.uint8)), 3, axis=3), labels.astype(np.int64)


def small_images(train: int, test: int) -> dict[str, np.ndarray]:
    """As `results/data/images.npz`, with few images."""
    images, labels = digits()
    parts = {"train": slice(train), "test": slice(train, train + test)}
    found = {f"{part}_images": images[rows] for part, rows in parts.items()}
    return found | {f"{part}_labels": labels[rows] for part, rows in parts.items()}
