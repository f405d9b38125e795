"""Groups of images whose boundaries are sought: random ones of each class, and embedding clusters."""

from collections.abc import Sequence

import numpy as np

from influence_lab.evaluations.similar_images import nearest
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray

KINDS = ("random", "cluster")
JUDGED = ("airplane", "truck")  # the two classes of the report's figure 15


def random_groups(labels: Array, classes: int, draws: int, size: int, seed: int) -> Array:
    """Images of each class without repetition within a group, shape (K, draws, size); prefixes serve as smaller groups.

    Raises:
        ValueError: a class has fewer than `size` images.
    """
    rng = np.random.default_rng(seed)
    drawn = np.empty((classes, draws, size), dtype=int)
    for k in range(classes):
        (images,) = np.nonzero(labels == k)
        if len(images) < size:
            raise ValueError(f"class {k} has {len(images)} training images, but a group has {size}: lower `sizes`")
        for draw in range(draws):
            drawn[k, draw] = rng.choice(images, size, replace=False)
    return drawn


def nearest_images(features: Array, seeds: Array, size: int) -> Array:
    """The nearest images of each seed image by Euclidean distance of features, itself first, shape (m, size)."""
    return np.column_stack([seeds, nearest(features, seeds, size - 1, "distance")]) if size > 1 else seeds[:, None]


def both_kinds(head: SoftmaxHead, draws: int, size: int, seed: int) -> dict[str, Array]:
    """Random groups of each class, and the nearest images of the first member of each: (K, draws, size) both."""
    groups = random_groups(head.labels, head.classes, draws, size, seed)
    clusters = nearest_images(head.features, groups[:, :, 0].ravel(), size)
    return {"random": groups, "cluster": clusters.reshape(groups.shape)}


def chosen_groups(
    head: SoftmaxHead,
    names: Sequence[str],
    sizes: Sequence[int],
    largest: int,
    draws: int,
    each: int,
    judged: int,
    seed: int,
) -> list[tuple[int, str, int, Array]]:
    """The first groups of `head_table`: of every size for the two judged classes, the smallest for the others.

    Args:
        head: the last layer and its training images.
        names: of the classes; where `JUDGED` are not among them, as with digits, the first and the last stand for them.
        sizes: of the groups.
        largest: the largest of `head_table`'s sizes, whose members are drawn.
        draws: of `head_table`.
        each: groups of each kind of the other classes, of the smallest size alone.
        judged: groups of the judged classes.
        seed: of `head_table`.
    """
    kinds = both_kinds(head, draws, largest, seed)
    many = judged_classes(names)
    return [
        (k, kind, draw, kinds[kind][k, draw, :size])
        for kind in KINDS
        for k in range(head.classes)
        for size in (sizes if k in many else [min(sizes)])
        for draw in range(judged if k in many else each)
    ]


def judged_classes(names: Sequence[str]) -> tuple[int, int]:
    """Airplanes and trucks, or the first and the last class where there are none."""
    return tuple(names.index(name) for name in JUDGED) if set(JUDGED) <= set(names) else (0, len(names) - 1)
