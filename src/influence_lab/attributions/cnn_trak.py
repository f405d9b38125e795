r"""Attribution by the gradients of all layers of the small CNN: their cosine, and TRAK's kernel, over all images.

No gradient is kept: each chunk of images is compared with the queries and projected, and then forgotten.
"""

from typing import NamedTuple

import numpy as np
import torch

from influence_lab.attributions.trak import inverse_features
from influence_lab.models.cnn_gradients import SmallCNN, write_gradients

Array = np.ndarray


class AllLayers(NamedTuple):
    r"""Queries against all images.

    Attributes:
        cosine: of the gradients of all layers, shape (m, n).
        kernel: $\phi_q^\top(\Phi^\top\Phi)^{-1}\phi_i$ of the projected gradients, shape (m, n).
        wrong: 1 − p of the images, shape (n,).
        dimension: of the projection.
        sketched: cosines of the queries with each other after projection, shape (m, m), to compare with `cosine`.
    """

    cosine: Array
    kernel: Array
    wrong: Array
    dimension: int
    sketched: Array


def next_prime(number: int) -> int:
    """The smallest prime of at least this number.

    >>> next_prime(1024)
    1031
    """
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number


class Sketch:
    r"""A random projection of p numbers to d that costs one addition a number (count sketch, Charikar et al. 2002).

    Number j is added with a random sign to cell j mod d, so that $\mathbb E[P P^\top] = I$: lengths and products are
    kept on average, as by a matrix of normal numbers, which would cost d times as much. d is prime, so that numbers
    at regular places of the layers do not meet in one cell.
    """

    def __init__(self, parameters: int, dimension: int, seed: int):
        """Draw the signs.

        Args:
            parameters: p.
            dimension: least d; the next prime is taken.
            seed: draws the signs.
        """
        self.dimension = next_prime(dimension)
        self.width = -(-parameters // self.dimension) * self.dimension  # p, rounded up to whole rows of cells
        signs = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.float32), self.width)
        self.signs = torch.from_numpy(signs)

    def signed(self, gradients: torch.Tensor) -> torch.Tensor:
        """Give the numbers their signs, in place; products of two such rows stay what they were. Shape (m, width)."""
        return gradients.mul_(self.signs)

    def gathered(self, signed: torch.Tensor) -> torch.Tensor:
        """Add up what falls into each cell, shape (m, d)."""
        return signed.view(len(signed), -1, self.dimension).sum(dim=1)


def all_layers(
    network: SmallCNN, images: Array, labels: Array, queries: Array, dimension: int, seed: int, chunk: int = 128
) -> AllLayers:
    r"""Compare some training images with all of them by the gradients of $f = \log\frac{p}{1-p}$.

    Cosines of these are cosines of the losses' gradients too, which differ by the factor −(1 − p).

    Args:
        network: trained.
        images: uint8, shape (n, 32, 32, 3).
        labels: shape (n,).
        queries: indices, shape (m,).
        dimension: of the random projection; well below n, or every kernel is close to the identity.
        seed: draws the projection.
        chunk: images at a time; 4 bytes × 73,418 each.
    """
    sketch = Sketch(network.size, dimension, seed)
    buffer = torch.zeros(max(chunk, len(queries)), sketch.width)

    def signed_gradients(part: Array | slice) -> tuple[torch.Tensor, torch.Tensor]:
        pairs, missed = network.margin_gradients(images[part], labels[part])
        return sketch.signed(write_gradients(pairs, buffer[: len(missed)])), missed

    targets = signed_gradients(queries)[0].clone()
    targets /= targets.norm(dim=1, keepdim=True).clamp(min=1e-30)
    cosine = np.empty((len(queries), len(images)), dtype=np.float32)
    features = np.empty((len(images), sketch.dimension), dtype=np.float32)
    wrong = np.empty(len(images), dtype=np.float32)
    for start in range(0, len(images), chunk):
        part = slice(start, start + chunk)
        signed, missed = signed_gradients(part)
        cosine[:, part] = (targets @ signed.T / signed.norm(dim=1).clamp(min=1e-30)).numpy()
        features[part], wrong[part] = sketch.gathered(signed).numpy(), missed.numpy()
    asked = features[queries]
    lengths = np.maximum(np.linalg.norm(asked, axis=1), 1e-30)
    sketched = (asked @ asked.T) / lengths / lengths[:, None]
    return AllLayers(cosine, asked @ inverse_features(features), wrong, sketch.dimension, sketched)
