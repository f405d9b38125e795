r"""The last layer of an image classifier: softmax regression on the features that the layers before it compute.

With $\mathbf h_i$ the features and a 1, $p_i$ the probabilities and $e_{y_i}$ the one-hot label, the gradient of one
loss is $g_i = r_i \otimes \mathbf h_i$ with the residual $r_i = p_i - e_{y_i}$, and the Hessian of the mean loss is
$H = \frac1n\sum_i (\mathrm{diag}\,p_i - p_i p_i^\top) \otimes \mathbf h_i \mathbf h_i^\top$. Parameters are ordered
class by class, the bias of a class after its weights: p = K (d + 1). Nothing of size n × p is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh
from scipy.special import logsumexp, softmax
from threadpoolctl import threadpool_limits

Array = np.ndarray
LARGEST = 5_000  # parameters of a head whose Hessian is decomposed: a minute and 0.6 GB


@dataclass(frozen=True)
class SoftmaxHead:
    """A trained last layer and the images that it was trained on, in float64.

    Attributes:
        features: h with its 1 in the last column, shape (n, d + 1).
        logits: of the trained model, shape (n, K).
        labels: classes from 0, shape (n,).
    """

    features: Array
    logits: Array
    labels: Array

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.features)

    @property
    def classes(self) -> int:
        """K."""
        return self.logits.shape[1]

    @property
    def size(self) -> int:
        """Number of parameters, K (d + 1)."""
        return self.classes * self.features.shape[1]

    @cached_property
    def probabilities(self) -> Array:
        """p, shape (n, K)."""
        return softmax(self.logits, axis=1)

    @cached_property
    def residuals(self) -> Array:
        """Residuals p − e_y, shape (n, K), without cancellation where p_y is close to 1."""
        residuals, right = self.probabilities.copy(), (np.arange(self.n), self.labels)
        residuals[right] = 0
        residuals[right] = -residuals.sum(axis=1)
        return residuals

    @property
    def losses(self) -> Array:
        """Cross-entropy of each image, shape (n,), nats."""
        return logsumexp(self.logits, axis=1) - self.logits[np.arange(self.n), self.labels]

    @property
    def margins(self) -> Array:
        """Logit of the label minus the largest other, shape (n,); below zero where the prediction is wrong."""
        others, own = self.logits.copy(), (np.arange(self.n), self.labels)
        others[own] = -np.inf
        return self.logits[own] - others.max(axis=1)

    @property
    def predictions(self) -> Array:
        """The class with the largest logit, shape (n,)."""
        return self.logits.argmax(axis=1)

    @property
    def accuracy(self) -> float:
        """Share of images whose prediction is their label."""
        return float(np.mean(self.predictions == self.labels))

    def rows(self, chosen: Array | Sequence[int] | slice) -> "SoftmaxHead":
        """The same layer on some of the images."""
        return SoftmaxHead(self.features[chosen], self.logits[chosen], self.labels[chosen])

    def gradients(self) -> Array:
        """Gradients r ⊗ h, shape (n, p); take `rows` of many images: 50,000 × 650 numbers are 260 MB."""
        return (self.residuals[:, :, None] * self.features[:, None, :]).reshape(self.n, -1)

    def gradient_of(self, weights: Array) -> Array:
        r"""$\sum_i w_{ij} g_i$ for each column j, without any $g_i$.

        Args:
            weights: shape (n, m); the indicator of a group gives the gradient of its summed loss.

        Returns:
            Shape (m, p).
        """
        sums = [(self.residuals * column[:, None]).T @ self.features for column in weights.T]  # each (K, d + 1)
        return np.stack(sums).reshape(len(sums), -1)

    def products(self, vectors: Array) -> Array:
        r"""$g_i^\top v_j$ of all images with some vectors, by $r_i^\top V_j \mathbf h_i$.

        Args:
            vectors: v, shape (m, p); V_j is v_j as a matrix of shape (K, d + 1).

        Returns:
            Shape (n, m).
        """
        m = len(vectors)
        along = self.features @ vectors.reshape(m * self.classes, -1).T  # (n, m K)
        return np.einsum("nmk,nk->nm", along.reshape(self.n, m, self.classes), self.residuals)

    def at(self, theta: Array) -> "SoftmaxHead":
        """The layer with other parameters on the same images: θ of shape (p,), class by class."""
        return SoftmaxHead(self.features, self.features @ theta.reshape(self.classes, -1).T, self.labels)

    def hessian(self, chunk: int = 2048) -> Array:
        r"""H of the mean loss, shape (p, p).

        Two classes $k \ne l$ have the block $-B_{kl}$,
        $B_{kl} = \frac1n\sum_i p_{ik} p_{il} \mathbf h_i \mathbf h_i^\top$. As
        $p_{ik}(1 - p_{ik}) = \sum_{l \ne k} p_{ik} p_{il}$, the block of k with itself is $\sum_{l \ne k} B_{kl}$, and
        nothing cancels. With the rows $\sqrt{p_{ik} p_{il} / n}\,\mathbf h_i^\top$ in A, $B_{kl} = A^\top A$, which
        costs half a product of matrices.

        Args:
            chunk: images at a time, few enough for the processor's cache.
        """
        K, width = self.classes, self.features.shape[1]
        roots = np.sqrt(self.probabilities / np.sqrt(self.n))  # the product of two columns is √(p_k p_l / n)
        blocks = np.zeros((K, K, width, width))
        with threadpool_limits(1, "blas"):  # for products so small, threads wait for each other
            for start in range(0, self.n, chunk):
                features, root = self.features[start : start + chunk], roots[start : start + chunk]
                for k in range(K):
                    for other in range(k):
                        weighted = (root[:, k] * root[:, other])[:, None] * features
                        blocks[k, other] += weighted.T @ weighted
        blocks += blocks.transpose(1, 0, 2, 3)
        H = -blocks
        H[np.arange(K), np.arange(K)] = blocks.sum(axis=1)
        return H.transpose(0, 2, 1, 3).reshape(self.size, self.size)

    def hessian_product(self, vector: Array) -> Array:
        r"""H v without H, in 4 n p steps.

        $H v = \frac1n\sum_i [p_i \odot (V \mathbf h_i) - p_i (p_i^\top V \mathbf h_i)] \otimes \mathbf h_i$
        with V the vector as a matrix of shape (K, d + 1).
        """
        along = self.features @ vector.reshape(self.classes, -1).T  # (n, K)
        weighted = self.probabilities * along
        output = weighted - self.probabilities * weighted.sum(axis=1, keepdims=True)
        return (output.T @ self.features).ravel() / self.n


class Directions(NamedTuple):
    """Principal directions of the features of some images.

    Attributes:
        mean: of the features, shape (d,).
        vectors: leading directions as columns, shape (d, m).
    """

    mean: Array
    vectors: Array

    def project(self, head: SoftmaxHead) -> SoftmaxHead:
        """The head with these m features and the 1; probabilities stay those of the model."""
        kept = (head.features[:, :-1] - self.mean) @ self.vectors
        return SoftmaxHead(np.column_stack([kept, np.ones(head.n)]), head.logits, head.labels)


def principal_directions(head: SoftmaxHead, count: int) -> Directions:
    """The leading principal directions of a head's features, at most as many as there are images and features."""
    mean = head.features[:, :-1].mean(axis=0)
    centred = head.features[:, :-1] - mean
    n, d = centred.shape
    if n < d:
        return Directions(mean, np.linalg.svd(centred, full_matrices=False)[2][:count].T)
    leading = eigh(centred.T @ centred, subset_by_index=[max(d - count, 0), d - 1])[1]
    return Directions(mean, leading[:, ::-1])


def reduced(directions: int, head: SoftmaxHead, *others: SoftmaxHead) -> tuple[SoftmaxHead, ...]:
    """The heads as they are, or all on leading principal directions of the first where its Hessian is too large.

    Args:
        directions: how many to keep where there are more than `LARGEST` parameters.
        head: on the training images.
        others: the same layer on other images.
    """
    if head.size <= LARGEST:
        return head, *others
    leading = principal_directions(head, directions)
    return tuple(leading.project(one) for one in (head, *others))


def principal(head: SoftmaxHead, directions: int) -> SoftmaxHead:
    """The head with its features on their leading principal directions; probabilities stay those of the model.

    An approximation for heads whose Hessian is too large to form: what a group changes along the other directions is
    left out. With all directions nothing is left out: centred features and the 1 span what features and the 1 do.

    Args:
        head: with d features.
        directions: how many to keep; d or more keeps all.

    Returns:
        A head with `directions` features and the 1.
    """
    return principal_directions(head, directions).project(head)
