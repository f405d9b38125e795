"""Labelled images, whatever they are of, and where they come from."""

import hashlib
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray


class ImageSet(NamedTuple):
    """Training and test images of shape (n, 32, 32, 3), uint8, and their labels as indices into `classes`.

    `source` is "cifar10" or "digits", an array without dimensions, as npz files have it.
    """

    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array
    classes: Array
    source: Array


def first(images: ImageSet, train: int, test: int) -> ImageSet:
    """The first `train` training and `test` test images; all of them where there are no more."""
    return images._replace(
        train_images=images.train_images[:train],
        train_labels=images.train_labels[:train],
        test_images=images.test_images[:test],
        test_labels=images.test_labels[:test],
    )


def facts(images: ImageSet) -> dict[str, Any]:
    """What a reader of the artifact may want to know without opening it: source, numbers, images a class, checksums."""
    return {"source": str(images.source), "classes": images.classes.tolist()} | {
        split: {
            "images": len(labels),
            "per_class": np.bincount(labels, minlength=len(images.classes)).tolist(),
            "sha256_of_pixels": hashlib.sha256(np.ascontiguousarray(pixels)).hexdigest(),
        }
        for split, pixels, labels in (
            ("train", images.train_images, images.train_labels),
            ("test", images.test_images, images.test_labels),
        )
    }
