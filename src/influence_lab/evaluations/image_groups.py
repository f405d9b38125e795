"""Measures of groups of images: overlap, purity, compactness, hubs, and how influence grows with size.

A group is a row of image indices with the seed image first.
"""

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import binom, hypergeom

Array = np.ndarray

FIRST = 5  # smallest size in the fit of the exponent, as claim B22 has it
OFTEN = 0.1  # an image in more than this share of the groups is a hub
BLOCK = 4  # pixels averaged along each side before images are compared by pixels


def jaccard(some: Array, other: Array) -> Array:
    r"""Overlap $|A \cap B| / |A \cup B|$ of groups pair by pair; within a row no index comes twice.

    Args:
        some: indices, shape (m, k).
        other: likewise, shape (m, k).

    Returns:
        Shape (m,).

    >>> jaccard(np.array([[1, 2, 3]]), np.array([[3, 1, 9]])).tolist()
    [0.5]
    """
    shared = (some[:, :, None] == other[:, None, :]).sum(axis=(1, 2))
    return shared / (2 * some.shape[1] - shared)


def chance_overlap(count: int, candidates: int) -> float:
    """Expected overlap of two groups of `count` images, each drawn at random from the same candidates.

    >>> chance_overlap(3, 3)
    1.0
    """
    shared = np.arange(count + 1)
    return float(hypergeom(candidates, count, count).pmf(shared) @ (shared / (2 * count - shared)))


def chance_hub_share(count: int, candidates: int, groups: int) -> float:
    """Expected `hub_share` of groups of `count` other images, each drawn at random from the same candidates.

    An image of one group is in each of the others with probability count / candidates.

    >>> chance_hub_share(3, 3, 20)
    1.0
    """
    return float(binom.sf(np.floor(OFTEN * groups) - 1, groups - 1, count / candidates))


def purity(members: Array, labels: Array) -> Array:
    """Share of each group's other images that have the seed image's label, shape (m,)."""
    return (labels[members[:, 1:]] == labels[members[:, :1]]).mean(axis=1)


def standardised(points: Array) -> Array:
    """Columns with mean 0 and variance 1; a constant column becomes 0."""
    centred = points - points.mean(axis=0)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, 1)


def coarse_pixels(images: Array) -> Array:
    """Images with blocks of 4 × 4 pixels averaged, in [0, 1]; shape (n, 192) for 32 × 32 × 3."""
    n, high, wide, colours = images.shape
    blocks = images.reshape(n, high // BLOCK, BLOCK, wide // BLOCK, BLOCK, colours)
    return (blocks.mean(axis=(2, 4), dtype=np.float32) / 255).reshape(n, -1)


def spread(points: Array, members: Array) -> Array:
    """Mean distance between two images of each group, shape (m,), in units of the points."""
    return np.array([pdist(points[group]).mean() for group in members])


def random_groups(labels: Array, seeds: Array, size: int, count: int, seed: int) -> tuple[Array, Array]:
    """Groups of each seed image and others drawn at random: of any class, and of its own.

    Args:
        labels: shape (n,).
        seeds: shape (m,).
        size: images in a group, the seed image included.
        count: groups for each seed image.
        seed: draws them.

    Returns:
        Two arrays of shape (m, count, size).
    """
    rng = np.random.default_rng(seed)
    kinds = []
    for own in (False, True):
        groups = np.empty((len(seeds), count, size), dtype=int)
        for row, image in zip(groups, seeds, strict=True):
            candidates = np.flatnonzero(labels == labels[image]) if own else np.arange(len(labels))
            candidates = candidates[candidates != image]
            for group in row:
                group[:] = [image, *rng.choice(candidates, size - 1, replace=False)]
        kinds.append(groups)
    return kinds[0], kinds[1]


def hub_share(members: Array) -> Array:
    """Share of each group's other images that are hubs, so in more than `OFTEN` of all these groups, shape (m,).

    An image counts in a group where it is not the seed image.
    """
    others = members[:, 1:]
    _, place, counts = np.unique(others, return_inverse=True, return_counts=True)
    return (counts > OFTEN * len(members))[place].reshape(others.shape).mean(axis=1)


def overlap_among(members: Array, labels: Array) -> tuple[Array, Array]:
    """Mean overlap of each group with those of other seed images: of the same class, and of other classes.

    Args:
        members: shape (m, size), of one model and one way to grow.
        labels: of all images, shape (n,).

    Returns:
        Two arrays of shape (m,).
    """
    m, size = members.shape
    images, place = np.unique(members, return_inverse=True)
    holds = np.zeros((m, len(images)))
    holds[np.arange(m)[:, None], place.reshape(m, size)] = 1
    shared = holds @ holds.T
    overlap = shared / (2 * size - shared)
    own = labels[members[:, 0]]
    same, itself = own[:, None] == own, np.eye(m, dtype=bool)
    return tuple((overlap * pairs).sum(axis=1) / pairs.sum(axis=1) for pairs in (same & ~itself, ~same))


def size_exponent(influence: Array) -> Array:
    r"""Log-log slope of $K(G, G)/\#G$ against #G from `FIRST` images on, by least squares, shape (m,).

    1 where all members have the same gradient, 0 where they are orthogonal.

    Args:
        influence: K(G, G) at sizes 1, 2, …, shape (m, size).

    >>> sizes = np.arange(1, 26.0)
    >>> size_exponent(np.stack([sizes**2, 3 * sizes])).round(12).tolist()
    [1.0, 0.0]
    """
    sizes = np.arange(FIRST, influence.shape[1] + 1)
    x = np.log(sizes)
    x -= x.mean()
    return np.log(influence[:, FIRST - 1 :] / sizes) @ x / (x @ x)


def exponent_in_random_order(influence: Array, itself: Array) -> Array:
    r"""`size_exponent` of the expected influence when the members of each group join in random order, shape (m,).

    Then $E[K(S, S)]/\#S = \bar a + (\#S - 1)\,\bar b$, with $\bar a$ the mean of K(x, x) and $\bar b$ that of
    K(x, y) over pairs of members. A greedy search takes the best first, which makes its own exponent smaller,
    unless it meets long gradients late.

    Args:
        influence: K(G, G) at sizes 1, 2, …, shape (m, size).
        itself: K(x, x) of the members, shape (m, size).
    """
    size = influence.shape[1]
    alone = itself.mean(axis=1, keepdims=True)
    pairs = (influence[:, -1:] - itself.sum(axis=1, keepdims=True)) / (size * (size - 1))
    sizes = np.arange(1, size + 1)
    return size_exponent(sizes * (alone + (sizes - 1) * pairs))


def coherence(cosine_influence: Array) -> Array:
    r"""Mean cosine influence of two different members of a group, $(\hat K(G, G) - \#G) / (\#G (\#G - 1))$, shape (m,).

    Between −1/(#G − 1) and 1, whatever the scale of a model's gradients.

    Args:
        cosine_influence: of the features with length 1 at sizes 1, 2, …, shape (m, size).
    """
    size = cosine_influence.shape[1]
    return (cosine_influence[:, -1] - size) / (size * (size - 1))


def joining_scores(influence: Array, itself: Array) -> Array:
    r"""K(x, G) of each member and the group that it joined, $(\Delta K(G, G) - K(x, x)) / 2$; 0 for the seed image.

    Args:
        influence: K(G, G) at sizes 1, 2, …, shape (m, size).
        itself: K(x, x) of the members, shape (m, size).
    """
    before = np.pad(influence, ((0, 0), (1, 0)))[:, :-1]
    return (influence - before - itself) / 2
