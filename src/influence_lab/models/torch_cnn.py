"""The small CNN of the image pages in PyTorch, with the weights that Keras trained."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Array = np.ndarray

LAYERS = ("convolution 1", "convolution 2", "convolution 3", "dense", "last layer")


def cnn_weights(stored: Mapping[str, Array]) -> list[Tensor]:
    """Kernel and bias of each layer in PyTorch's layout, from the arrays w000, w001, … that Keras wrote.

    Keras keeps a convolution's kernel as (height, width, in, out) and a dense one as (in, out).

    Args:
        stored: `results/models/images_cnn_{seed}.npz`.

    Returns:
        Ten tensors, float32.

    Raises:
        ValueError: not ten arrays: another network.
    """
    names = sorted(name for name in stored if name[0] == "w" and name[1:].isdigit())
    if len(names) != 2 * len(LAYERS):
        raise ValueError(f"the small CNN has {2 * len(LAYERS)} arrays of weights, got {len(names)}")
    arrays = [np.transpose(stored[name], _ORDER[stored[name].ndim]) for name in names]
    return [torch.tensor(np.ascontiguousarray(array), dtype=torch.float32) for array in arrays]


def cnn_inputs(images: Array) -> Tensor:
    """Pixels / 255 as (n, 3, 32, 32), float32, from uint8 images (n, 32, 32, 3); channels last in memory, for speed."""
    return torch.tensor(images).permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)


def cnn_logits(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """Logits of each image, shape (n, K).

    Args:
        weights: of `cnn_weights`.
        inputs: of `cnn_inputs`.
    """
    x = inputs
    for layer in range(3):
        x = functional.relu(functional.conv2d(x, weights[2 * layer], weights[2 * layer + 1]))
        x = functional.max_pool2d(x, 2)
    x = x.permute(0, 2, 3, 1).flatten(1)  # Keras flattens height, width, channel
    x = functional.relu(functional.linear(x, weights[6], weights[7]))
    return functional.linear(x, weights[8], weights[9])


_ORDER = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}
