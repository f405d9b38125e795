"""Read the last layers of the image models from their artifacts, and name the models."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from influence_lab.artifacts import read_arrays
from influence_lab.models.softmax_head import SoftmaxHead

MODELS = {"cnn": "CNN", "resnet": "ResNet", "vgg19": "VGG19"}


def named(trained: tuple[str, int]) -> str:
    """A model and its training seed as a reader sees them.

    >>> named(("cnn", 1))
    'CNN, seed 1'
    """
    return f"{MODELS[trained[0]]}, seed {trained[1]}"


class ImageHeads(NamedTuple):
    """The last layer of one trained image model on its training and on its test images."""

    train: SoftmaxHead
    test: SoftmaxHead
    kernel: np.ndarray  # (d, K)
    bias: np.ndarray  # (K,)


def read_heads(path: Path | str) -> ImageHeads:
    """The last layer of one trained model.

    Args:
        path: `results/attributions/image_features_{model}_{seed}.npz`.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the file.
    """
    stored = read_arrays(path)
    kernel, bias = stored["kernel"].astype(float), stored["bias"].astype(float)

    def head(part: str) -> SoftmaxHead:
        features = stored[f"{part}_features"].astype(float)
        with_one = np.column_stack([features, np.ones(len(features))])
        return SoftmaxHead(with_one, features @ kernel + bias, stored[f"{part}_labels"].astype(int))

    return ImageHeads(head("train"), head("test"), kernel, bias)
