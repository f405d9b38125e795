"""The last layer of trained networks: conjugate gradient against the direct solution, and its Hessian's rank."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from influence_lab.attributions.influence import solve
from influence_lab.curvature.conjugate_gradient import conjugate_gradient
from influence_lab.models.last_layer import last_layer
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.softmax import SoftmaxRegression

Array = np.ndarray


class CountedProduct:
    r"""$u \mapsto \frac1n\sum_i p_i(1 - p_i)(h_i^\top u) h_i + \lambda u$ without the matrix, counting its uses."""

    def __init__(self, layer: LogisticRegression, theta: Array, damping: float) -> None:
        p = layer.predictions(theta, layer.X)
        self._inputs, self._weights, self._damping = layer.X, p * (1 - p) / layer.n, damping
        self.count = 0

    def __call__(self, vector: Array) -> Array:
        """The product; one multiplication with the inputs and one with their transpose."""
        self.count += 1
        return (self._weights * (self._inputs @ vector)) @ self._inputs + self._damping * vector


def inverse_products(networks: list[LogisticNetwork], damping: float) -> pd.DataFrame:
    """Influence vectors H⁻¹g of all training points in the last layer, by conjugate gradient and by Cholesky.

    Args:
        networks: trained, with one output.
        damping: λ beside the last layer's Hessian.

    Returns:
        One row a network and point: `direct`, the relative distance of conjugate gradient's x from the direct solution;
        `named`, that of the Hessian-vector product Hg from it; `residual`, ‖Hx − g‖/‖g‖; and the count of `products`.
    """
    rows = []
    for network in networks:
        layer, theta = last_layer(network.network, network.theta, network.X, network.y)
        H = layer.hessian(theta, layer.weights()) + damping * np.eye(layer.size)
        gradients = layer.gradients(theta, layer.X, layer.y)
        for g, exact in zip(gradients, solve(H, gradients.T).T, strict=True):
            product = CountedProduct(layer, theta, damping)
            x, length = conjugate_gradient(product, g, tolerance=1e-12), np.linalg.norm(exact)
            direct, named = np.linalg.norm(x - exact) / length, np.linalg.norm(H @ g - exact) / length
            rows.append((direct, named, np.linalg.norm(H @ x - g) / np.linalg.norm(g), product.count))
    return pd.DataFrame(rows, columns=["direct", "named", "residual", "products"])


class Rank(NamedTuple):
    """Of one softmax head: eigenvalues in decreasing order, numerical rank, and the bound (K − 1)(d + 1).

    `outside` is the largest relative part of a training gradient outside the span of the leading (K − 1)(d + 1)
    eigenvectors.
    """

    eigenvalues: Array
    rank: int
    bound: int
    outside: float


def softmax_rank(head: SoftmaxRegression, theta: Array) -> Rank:
    """Rank and range of the Hessian of softmax regression without a regulariser.

    Eigenvalues above p · 2.2e-16 times the largest count towards the rank: those below are rounding.
    """
    values, vectors = np.linalg.eigh(head.hessian(theta, head.weights()))
    bound = (head.classes - 1) * head.X.shape[1]
    gradients, leading = head.gradients(theta, head.X, head.y), vectors[:, -bound:]
    left = gradients - gradients @ leading @ leading.T
    outside = np.max(np.linalg.norm(left, axis=1) / np.linalg.norm(gradients, axis=1))
    rank = int(np.sum(values > head.size * np.finfo(float).eps * values[-1]))
    return Rank(values[::-1], rank, bound, float(outside))
