"""Groups of images that need no greedy search, to compare functioning groups with; each has its seed image first."""

import numpy as np

from influence_lab.attributions.functioning_groups import unit
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray


def neighbours(points: Array, seeds: Array, count: int) -> Array:
    """Each seed image and the `count` − 1 images nearest to it by Euclidean distance, nearest first: (m, count)."""
    squared = np.einsum("ij,ij->i", points, points)
    distance = squared - 2 * points[seeds] @ points.T  # up to a constant of each row, (m, n)
    distance[np.arange(len(seeds)), seeds] = -np.inf
    return np.argsort(distance, axis=1, kind="stable")[:, :count]


def nearest_of_class(points: Array, labels: Array, seeds: Array) -> Array:
    """The nearest other image of each seed image's class by Euclidean distance, shape (m,)."""
    nearest = []
    for seed in seeds:
        same = np.flatnonzero(labels == labels[seed])
        same = same[same != seed]
        nearest.append(same[np.argmin(np.linalg.norm(points[same] - points[seed], axis=1))])
    return np.array(nearest)


def largest(sizes: Array, seeds: Array, count: int) -> Array:
    """Each seed image and the `count` − 1 images with the largest values, whatever the seed, shape (m, count)."""
    order = np.argsort(-sizes, kind="stable")[:count]
    return np.stack([np.concatenate([[seed], order[order != seed][: count - 1]]) for seed in seeds])


def baselines(head: SoftmaxHead, features: Array, seeds: Array, size: int, seed: list[int]) -> dict[str, Array]:
    """Groups that need no greedy search, each with the seed image first, shape (m, size) by name.

    Args:
        head: the last layer on its training images.
        features: Φ, shape (n, r).
        seeds: seed images, shape (m,).
        size: images in a group.
        seed: draws the random groups.
    """
    points, rng = head.features[:, :-1], np.random.default_rng(seed)
    gradient = np.linalg.norm(head.residuals, axis=1) * np.linalg.norm(head.features, axis=1)
    itself = np.einsum("ij,ij->i", features, features)

    def drawn(candidates: Array, image: int) -> Array:
        return np.concatenate([[image], rng.choice(candidates[candidates != image], size - 1, replace=False)])

    return {
        "embedding_l2": neighbours(points, seeds, size),
        "embedding_cosine": neighbours(unit(points), seeds, size),
        "largest_gradients": largest(gradient, seeds, size),
        "largest_self_influence": largest(itself, seeds, size),
        "random_class": np.stack([drawn(np.flatnonzero(head.labels == head.labels[image]), image) for image in seeds]),
        "random": np.stack([drawn(np.arange(head.n), image) for image in seeds]),
    }
