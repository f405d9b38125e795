r"""Attribution by the gradients of all layers of the small CNN: their cosine, and TRAK's kernel, over all images.

No gradient is kept: each chunk of images is compared with the queries and projected, and then forgotten.
"""

from typing import NamedTuple

import numpy as np
import torch

from influence_lab.attributions.trak import inverse_features
from influence_lab.models.cnn_gradients import SmallCNN, write_gradients

Array = np.ndarray

WIDE = 3  # the first dense layer


class AllLayers(NamedTuple):
    r"""Queries against all images.

    Attributes:
        cosine: of the gradients of all layers, shape (m, n).
        kernel: $\phi_q^\top(\Phi^\top\Phi)^{-1}\phi_i$ of the projected gradients, shape (m, n).
        wrong: 1 − p of the images, shape (n,).
    """

    cosine: Array
    kernel: Array
    wrong: Array


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
    network: SmallCNN, images: Array, labels: Array, queries: Array, dimension: int, seed: int, chunk: int = 64
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

    def signed_gradients(part: Array | slice) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
        x, y = torch.from_numpy(images[part]).float() / 255, torch.from_numpy(labels[part]).long()
        pairs, missed = network.margin_gradients(x, y)
        signed = sketch.signed(write_gradients(pairs, buffer[: len(x)]))
        return signed, (pairs[WIDE][0][:, 0], pairs[WIDE][1][:, 0]), missed

    targets, (target_inputs, target_derivatives), _ = signed_gradients(queries)
    target_lengths = targets.norm(dim=1, keepdim=True).clamp(min=1e-30)
    wide = network.columns(
        WIDE
    )  # half of the parameters are here, where the product of two gradients is one of two products
    before, after = targets[:, : wide.start].clone(), targets[:, wide.stop :].clone()
    cosine = np.empty((len(queries), len(images)), dtype=np.float32)
    features = np.empty((len(images), sketch.dimension), dtype=np.float32)
    wrong = np.empty(len(images), dtype=np.float32)
    for start in range(0, len(images), chunk):
        part = slice(start, start + chunk)
        signed, (inputs, derivatives), missed = signed_gradients(part)
        products = before @ signed[:, : wide.start].T + after @ signed[:, wide.stop :].T
        products += (target_inputs @ inputs.T) * (target_derivatives @ derivatives.T)
        cosine[:, part] = (products / target_lengths / signed.norm(dim=1).clamp(min=1e-30)).numpy()
        features[part], wrong[part] = sketch.gathered(signed).numpy(), missed.numpy()
    return AllLayers(cosine, features[queries] @ inverse_features(features), wrong)
