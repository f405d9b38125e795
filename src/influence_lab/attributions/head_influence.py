r"""Influence in the last layer of an image classifier, $K_{ij} = g_i^\top H^+ g_j$, for tens of thousands of images.

The softmax Hessian is singular: adding one vector to the weights of all classes changes nothing, so its rank is at most
(K − 1)(d + 1), and lower where units are silent on all training images. The gradients of the training images lie in
its range, so for them the pseudo-inverse loses nothing (reference E3). The gradient of another image may have a part
outside it, where it lights up a unit that no training image does; no training image influences that part.
"""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.functioning_groups import RULES
from influence_lab.models.softmax_head import SoftmaxHead, reduced

Array = np.ndarray


class Whitening(NamedTuple):
    r"""L with $H^+ = L L^\top$, or $(H + \lambda I)^{-1}$ on the kept directions.

    Attributes:
        factor: L, shape (p, r).
        eigenvalues: all of H, in decreasing order, shape (p,).
    """

    factor: Array
    eigenvalues: Array

    @property
    def rank(self) -> int:
        """r, directions kept."""
        return self.factor.shape[1]

    def solve(self, gradients: Array) -> Array:
        r"""$H^+ g$ of each row, shape (m, p)."""
        return (gradients @ self.factor) @ self.factor.T


def whitening(hessian: Array, cutoff: float, damping: float = 0.0) -> Whitening:
    r"""The pseudo-inverse of the Hessian as L Lᵀ, by its eigendecomposition.

    Args:
        hessian: H, symmetric, shape (p, p).
        cutoff: directions with an eigenvalue of H of at most `cutoff` times the largest are dropped. At 1e-12, only
            those that are zero up to rounding.
        damping: λ, added to the eigenvalues that are kept.

    Raises:
        ValueError: no eigenvalue is positive.
    """
    values, vectors = np.linalg.eigh(hessian)
    values, vectors = values[::-1], vectors[:, ::-1]  # in decreasing order
    if not values[0] > 0:  # NaN neither
        raise ValueError(f"the largest eigenvalue of the Hessian is {values[0]:.2g}, need > 0")
    rank = np.count_nonzero(values > cutoff * values[0])
    return Whitening(vectors[:, :rank] / np.sqrt(values[:rank] + damping), values)


def influence_features(head: SoftmaxHead, white: Whitening, dtype: type = np.float32, chunk: int = 4096) -> Array:
    r"""Φ = g L of every image: the influence embedding, $\phi_i^\top\phi_j = K_{ij}$.

    Args:
        head: the last layer and its images.
        white: L.
        dtype: of the result; float32 keeps 50,000 × 585 numbers in 117 MB.
        chunk: images whose gradients are formed at a time.

    Returns:
        Shape (n, r).
    """
    features = np.empty((head.n, white.rank), dtype)
    for start in range(0, head.n, chunk):
        part = slice(start, start + chunk)
        features[part] = head.rows(part).gradients() @ white.factor
    return features


def self_influence(head: SoftmaxHead, white: Whitening, chunk: int = 4096) -> Array:
    r"""$K_{ii} = g_i^\top H^+ g_i$ of every image, in float64, shape (n,); Φ itself is never whole in memory."""
    parts = (head.rows(slice(start, start + chunk)) for start in range(0, head.n, chunk))
    return np.concatenate([np.square(influence_features(part, white, float)).sum(axis=1) for part in parts])


class Ends(NamedTuple):
    """The training images that help and harm each of some test images most.

    Attributes:
        helpful: indices, the largest K first, shape (m, count).
        harmful: indices, the most negative K first, shape (m, count).
        help: K of the former, shape (m, count).
        harm: K of the latter, shape (m, count).
    """

    helpful: Array
    harmful: Array
    help: Array
    harm: Array


def most_influential(train: SoftmaxHead, test: SoftmaxHead, white: Whitening, count: int) -> Ends:
    r"""The ends of the ranking of all training images by $K_{ij} = g_i^\top H^+ g_j$, for each test image i.

    To first order the test loss rises by $K_{ij}/n$ without training image j: it is helpful where K is positive.

    Args:
        train: the last layer on the training images.
        test: on the test images.
        white: the inverse Hessian.
        count: images at each end.
    """
    ends = []
    for vector in white.solve(test.gradients()):
        K = train.products(vector[None])[:, 0]
        order = np.argsort(-K, kind="stable")
        first, last = order[:count], order[::-1][:count]
        ends.append((first, last, K[first], K[last]))
    return Ends(*(np.stack(column) for column in zip(*ends, strict=True)))


def grow_one(head: SoftmaxHead, white: Whitening, seed: int, size: int) -> Array:
    r"""Algorithm 1 from one seed image without the embedding Φ: the quickest where a single group is wanted.

    With $v = H^+\sum_{x\in G} g_x$, each step needs $K(x, G) = g_x^\top v = r_x^\top V\mathbf h_x$ of all images, a
    product of the features with a (d + 1) × K matrix; Φ costs as much as p / K such steps, and n × r numbers.

    Args:
        head: the last layer and its images.
        white: the inverse Hessian.
        seed: index of the seed image.
        size: images in the group, the seed image included.

    Returns:
        Members in the order of joining, shape (size,); the same as `grow_groups` finds.

    Raises:
        ValueError: a size above the number of images.
    """
    if not 1 <= size <= head.n:
        raise ValueError(f"size is {size}; allowed: 1 to {head.n}")
    members = [seed]
    while len(members) < size:
        total = head.rows(members).gradients().sum(axis=0)
        on_group = head.products(white.solve(total[None]))[:, 0]
        on_group[members] = -np.inf
        members.append(int(on_group.argmax()))
    return np.array(members)


def searchable(head: SoftmaxHead, directions: int, damping: float) -> tuple[SoftmaxHead, float]:
    """The head that groups are searched in and its λ: itself and 0, or its principal part and λ where it is too large.

    Args:
        head: the last layer.
        directions: principal directions of the features that are kept of a head that is too large, as by `reduced`.
        damping: λ of such a head.
    """
    (used,) = reduced(directions, head)
    return used, 0.0 if used is head else damping


class Groups(NamedTuple):
    """Groups grown from many seed images at once.

    Attributes:
        members: the seed and then the images in the order of joining, shape (m, size).
        influence: K(G, G) of the group at sizes 1 … size, shape (m, size).
    """

    members: Array
    influence: Array


def grow_groups(features: Array, seeds: Array, size: int, rule: str = "algorithm") -> Groups:
    r"""Grow one group from each seed image, all of them together: one matrix-matrix product a step.

    The same groups as `functioning_groups.grow` finds from each seed alone.

    Args:
        features: Φ, shape (n, r); rows of length 1 for cosine influence.
        seeds: indices, shape (m,).
        size: images in each group, the seed included.
        rule: "algorithm" adds argmax K(x, G), Algorithm 1; "definition" argmax 2K(x, G) + K(x, x), Definition 3.2;
            "smallest" argmin K(x, G), the report's minimised influence.

    Raises:
        ValueError: an unknown rule, or a size above the number of images.
    """
    allowed = (*RULES, "smallest")
    if rule not in allowed or not 1 <= size <= len(features):
        raise ValueError(f"rule is {rule!r} and size {size}; allowed: {', '.join(allowed)}, 1 to {len(features)}")
    seeds = np.asarray(seeds)
    groups = np.arange(len(seeds))
    itself = np.einsum("ij,ij->i", features, features).astype(float)
    totals = features[seeds].astype(float)  # Φ_G, (m, r)
    members, influence = [seeds], [itself[seeds]]
    taken = np.zeros((len(features), len(seeds)), dtype=bool)
    taken[seeds, groups] = True
    for _ in range(size - 1):
        on_group = features @ totals.T.astype(features.dtype)  # K(x, G), (n, m)
        if rule == "definition":
            on_group = 2 * on_group + itself[:, None].astype(features.dtype)
        score = -on_group if rule == "smallest" else on_group
        chosen = np.where(taken, -np.inf, score).argmax(axis=0)
        totals += features[chosen]
        taken[chosen, groups] = True
        members.append(chosen)
        influence.append(np.einsum("ij,ij->i", totals, totals))
    return Groups(np.stack(members, axis=1), np.stack(influence, axis=1))
