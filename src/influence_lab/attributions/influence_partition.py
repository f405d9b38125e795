r"""A partition of a whole training set into functioning groups, by k-means on the influence embedding.

With Φ the influence embedding, $\phi_i^\top\phi_j = K_{ij}$, and $\mu_G$ the mean of a group's rows,

$$\sum_G\sum_{i\in G}\|\phi_i - \mu_G\|^2 = \sum_i K_{ii} - \sum_G \frac{K(G, G)}{\#G},$$

so k-means makes the sum over groups large of what Definition 3.1 of the report maximises for one group. No n × n matrix
and no greedy search over all images is needed. The definition asks more of each group than the sum does: `improvable`.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

Array = np.ndarray


def group_sums(features: Array, groups: Array, count: int) -> Array:
    r"""$\Phi_G = \sum_{i\in G}\phi_i$ of each group, float64, shape (count, r).

    Args:
        features: Φ, shape (n, r).
        groups: number of each image's group, 0 … count − 1, shape (n,).
        count: k.
    """
    n = len(features)
    member = csr_array((np.ones(n, features.dtype), groups, np.arange(n + 1)), shape=(n, count))
    return np.asarray(member.T @ features, dtype=float)


def cohesion(features: Array, groups: Array, count: int) -> Array:
    """K(G, G)/#G of each group, shape (count,); 0 for an empty one. Their sum lies between 0 and all self-influence.

    >>> cohesion(np.array([[1.0], [3.0], [2.0]]), np.array([0, 0, 1]), 2).tolist()
    [8.0, 4.0]
    """
    sums = group_sums(features, groups, count)
    return (sums**2).sum(axis=1) / np.maximum(np.bincount(groups, minlength=count), 1)


class Improvable(NamedTuple):
    """Images that would raise K(G, G)/#G of each group, shape (k,) each.

    Attributes:
        joining: images outside the group that would by joining it.
        leaving: members that would by leaving it.
    """

    joining: Array
    leaving: Array


def improvable(features: Array, groups: Array, count: int) -> Improvable:
    r"""How far each group is from Definition 3.1, which lets it take images from other groups and give its own away.

    With $q = K(G, G)/\#G$, x outside raises q by joining where $2K(x, G) + K(x, x) > q$, and a member by leaving where
    $2K(x, G) - K(x, x) < q$. A group that maximises q has neither, within what the definition allows.

    Args:
        features: Φ, shape (n, r).
        groups: number of each image's group, shape (n,).
        count: k.
    """
    sums, sizes = group_sums(features, groups, count), np.bincount(groups, minlength=count)
    own, quotient = self_influence(features), cohesion(features, groups, count)
    doubled = 2 * (features @ sums.T.astype(features.dtype))  # 2K(x, G), (n, k)
    rows = np.arange(len(features))
    inside = doubled[rows, groups] - own
    leaves = (inside < quotient[groups]) & (sizes[groups] > 1)
    doubled += own[:, None].astype(features.dtype)
    joins = doubled > quotient
    joins[rows, groups] = False
    return Improvable(joins.sum(axis=0), np.bincount(groups[leaves], minlength=count))


def objective_share(features: Array, groups: Array) -> float:
    r"""$\sum_G K(G, G)/\#G$ over its upper bound $\sum_i K_{ii}$, which singletons reach: between 0 and 1."""
    return float(cohesion(features, groups, int(groups.max()) + 1).sum() / self_influence(features).sum())


def self_influence(features: Array) -> Array:
    """K(x, x) of each image, float64, shape (n,)."""
    return np.einsum("ij,ij->i", features, features).astype(float)


def random_share(features: Array, count: int) -> float:
    r"""Expected objective share of a random partition into `count` groups, of whatever sizes.

    $s + (1 - s)\frac{k - 1}{n - 1}$, where $s = K(\text{all}, \text{all}) / (n\sum_i K_{ii})$ is the share of one
    single group; s = 0 at an optimum, where gradients sum to zero.
    """
    n = len(features)
    one = objective_share(features, np.zeros(n, dtype=int))
    return one + (1 - one) * (count - 1) / (n - 1)


def singletons(features: Array, count: int) -> Array:
    """The partition that makes the `count` − 1 images of largest self-influence groups of their own, shape (n,)."""
    groups = np.zeros(len(features), dtype=int)
    largest = np.argsort(-self_influence(features), kind="stable")[: count - 1]
    groups[largest] = np.arange(1, count)
    return groups


def k_means(features: Array, count: int, seed: int, steps: tuple[int, int], start_images: int) -> Array:
    """Partition into `count` groups: Lloyd's steps on some of the images, then on all.

    Args:
        features: Φ, shape (n, r); rows of length 1 for cosine influence.
        count: k, at most n; no group is left empty while rows differ.
        seed: draws the images of the start and the first centres.
        steps: Lloyd's steps at each of the two stages, at most.
        start_images: images of the first stage, at least k and clipped to n.

    Returns:
        Number of each image's group, from 0, shape (n,).

    Raises:
        ValueError: fewer images than groups.
    """
    n = len(features)
    if not 1 <= count <= min(n, start_images):
        raise ValueError(f"{count} groups of {n} images, {start_images} of them at the start: need one image a group")
    rng = np.random.default_rng(seed)
    drawn = features[rng.choice(n, min(start_images, n), replace=False)]
    centres = _plus_plus(drawn, count, rng)
    centres = _lloyd(drawn, centres, steps[0])[1]
    return _lloyd(features, centres, steps[1])[0]


def greedy_partition(features: Array, count: int, seed: int) -> Array:
    """Grow a group by Algorithm 1 from a random image, remove it, and so on: groups of n/k images.

    Args:
        features: Φ, shape (n, r).
        count: k.
        seed: draws the first image of each group among those that are left.

    Returns:
        Number of each image's group, shape (n,).
    """
    n, rng = len(features), np.random.default_rng(seed)
    groups = np.full(n, -1)
    for number, size in enumerate(np.bincount(np.arange(n) % count)):
        left = np.flatnonzero(groups < 0)
        rows = features[left]
        free = np.ones(len(left), dtype=bool)
        x, total = int(rng.integers(len(left))), np.zeros(features.shape[1], features.dtype)
        for _ in range(size):
            free[x] = False
            total += rows[x]
            x = int(np.argmax(np.where(free, rows @ total, -np.inf)))
        groups[left[~free]] = number
    return groups


def _plus_plus(features: Array, count: int, rng: np.random.Generator) -> Array:
    """First centres by k-means++ (Arthur and Vassilvitskii 2007): each drawn in proportion to its squared distance."""
    own = self_influence(features)
    chosen = [int(rng.integers(len(features)))]
    distance = np.full(len(features), np.inf)
    for _ in range(count - 1):
        last = chosen[-1]
        new = own - 2 * (features @ features[last]) + own[last]
        distance = np.minimum(distance, np.maximum(new, 0))
        distance[chosen] = 0
        total = distance.sum()
        weights = distance / total if total > 0 else None
        chosen.append(int(rng.choice(len(features), p=weights)))
    return features[chosen]


def _lloyd(features: Array, centres: Array, steps: int) -> tuple[Array, Array]:
    """Groups and centres after at most `steps` steps; an empty group takes the image farthest from its centre."""
    own, count = self_influence(features), len(centres)
    groups = np.full(len(features), -1)
    for _ in range(steps):
        score = features @ centres.T - 0.5 * np.einsum("ij,ij->i", centres, centres)  # (n, k)
        new = score.argmax(axis=1)
        far = own - 2 * score[np.arange(len(features)), new]
        sizes = np.bincount(new, minlength=count)
        for empty in np.flatnonzero(sizes == 0):
            x = int(np.argmax(np.where(sizes[new] > 1, far, -np.inf)))
            sizes[new[x]] -= 1
            sizes[empty], new[x], far[x] = 1, empty, -np.inf
        if np.array_equal(new, groups):
            break
        groups = new
        centres = (group_sums(features, groups, count) / sizes[:, None]).astype(features.dtype)
    return groups, centres
