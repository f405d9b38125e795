r"""Which predictions flip together with a seed image's, and whether they are those of its functioning group.

The least change for seed i with gap $g = f_c - f_k$ raises $f_k$ of image j by
$\delta_j = g\,h_i^\top h_j / (2\|h_i\|^2)$ and lowers $f_c$ by the same. So for an image that is predicted c too, class
k overtakes c exactly where its own gap to k is below $2\delta_j$: inner product and gap decide. (A third class may
still win: $f_c$ sinks for it as well.)
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.head_influence import grow_groups
from influence_lab.attributions.network_boundary import network_boundary
from influence_lab.attributions.simple_boundary import simple_boundary
from influence_lab.attributions.weights_boundary import closed_form
from influence_lab.evaluations.boundary_draws import nearest_images
from influence_lab.models.softmax_head import SoftmaxHead
from influence_lab.models.torch_cnn import cnn_inputs, cnn_logits

Array = np.ndarray

GROUPS = {
    "cosine": "cosine influence",
    "raw": "raw influence",
    "embedding": "nearest features",
    "boundary": "nearest to the same boundary",
    "matched": "others with the predictions and gaps of the cosine group",
    "class": "random images of the seed's class",
}


def seed_images(labels: Array, classes: int, count: int, seed: int) -> Array:
    """The same number of random images of each class, at least one, shape (about count,)."""
    rng = np.random.default_rng(seed)
    each = max(1, round(count / classes))
    return np.concatenate([rng.choice(np.flatnonzero(labels == k), each, replace=False) for k in range(classes)])


def minimal_logits(head: SoftmaxHead, image: int) -> Array:
    r"""Logits of all images, $f_k + \delta_j$ and $f_c - \delta_j$, the seed image on its boundary, shape (n, K)."""
    nearest = closed_form(head.features[[image]], head.logits[[image]])
    along = head.features @ head.features[image]
    delta = nearest.gap[0] * along / (2 * along[image])
    logits = head.logits.copy()
    logits[:, nearest.target[0]] += delta
    logits[:, head.predictions[image]] -= delta
    return logits


class FlipLaw(NamedTuple):
    r"""What the law says of the other images with a seed's prediction c, and what their recomputed predictions are.

    Attributes:
        images: their indices, shape (m,).
        pull: $h_i^\top h_j / \|h_i\|^2$, shape (m,).
        gap: $f_c - f_k$ to the class k behind the seed's boundary, over the seed's own, shape (m,).
        overtaken: what the law says: k overtakes c where the gap is below the pull, shape (m,).
        flipped: whether the recomputed prediction is no longer c, shape (m,).
        to_target: whether it is k, shape (m,).
    """

    images: Array
    pull: Array
    gap: Array
    overtaken: Array
    flipped: Array
    to_target: Array

    @property
    def errors(self) -> int:
        """Images that keep c though k overtakes it, or turn to k though it does not; a third class contradicts none."""
        return int(np.sum((self.overtaken & ~self.flipped) | (~self.overtaken & self.to_target)))


def flip_law(head: SoftmaxHead, image: int) -> FlipLaw:
    r"""$f_c(x_j) - f_k(x_j) < (f_c(x_i) - f_k(x_i))\,h_i^\top h_j/\|h_i\|^2$, beside the recomputed predictions.

    Args:
        head: the last layer and its images.
        image: the seed i, taken to its boundary by the shortest change.
    """
    c, h = head.predictions[image], head.features[image]
    nearest = closed_form(head.features[[image]], head.logits[[image]])
    k = nearest.target[0]
    (images,) = np.nonzero((head.predictions == c) & (np.arange(head.n) != image))
    pull = head.features[images] @ h / (h @ h)
    gap = (head.logits[images, c] - head.logits[images, k]) / nearest.gap[0]
    moved = minimal_logits(head, image)[images].argmax(axis=1)
    return FlipLaw(images, pull, gap, gap < pull, moved != c, moved == k)


def groups_around(
    head: SoftmaxHead, phi: Array, seeds: Array, size: int, class_draws: int, matches: int, seed: int
) -> dict[str, Array]:
    """The groups of `GROUPS` of each seed image without itself, shape (m, size - 1) each but for the random ones.

    Args:
        head: the last layer and its images.
        phi: their influence features.
        seeds: images, shape (m,).
        size: of the groups, the seed image included.
        class_draws: random images of the seed's label, neither the seed nor in its cosine group.
        matches: images for each member of the cosine group, outside it: those of its prediction whose gaps to the class
            behind the seed's boundary are the nearest to its own.
        seed: draws the random ones.
    """
    nearest, rng = closed_form(head.features, head.logits), np.random.default_rng(seed)
    cosine = grow_groups(unit(phi), seeds, size).members[:, 1:]
    found = {
        "cosine": cosine,
        "raw": grow_groups(phi, seeds, size).members[:, 1:],
        "embedding": nearest_images(head.features, seeds, size)[:, 1:],
    }
    rows: dict[str, list[Array]] = {"boundary": [], "matched": [], "class": []}
    for image, members in zip(seeds, cosine, strict=True):
        k = nearest.target[image]
        gaps = head.logits[np.arange(head.n), head.predictions] - head.logits[:, k]  # to the seed's target
        outside = np.ones(head.n, dtype=bool)
        outside[image] = False
        same = (head.predictions == head.predictions[image]) & (nearest.target == k)
        rows["boundary"].append(_first(outside & same, outside, gaps, size - 1, f"boundary of image {image}"))
        outside[members] = False
        matched = []
        for j in members:
            alike, near = outside & (head.predictions == head.predictions[j]), np.abs(gaps - gaps[j])
            matched.append(_first(alike, outside, near, matches, f"prediction of image {j}"))
        rows["matched"].append(np.concatenate(matched))
        others = np.flatnonzero(outside & (head.labels == head.labels[image]))
        rows["class"].append(rng.choice(others, class_draws, replace=len(others) < class_draws))
    return found | {name: np.array(list_) for name, list_ in rows.items()}


def flip_table(
    head: SoftmaxHead, phi: Array, seeds: Array, groups: Mapping[str, Array], rate: float, steps: int, norm: float
) -> pd.DataFrame:
    r"""Share of each group that flips with its seed image under changes of the last layer, and what else flips.

    What flips is looked for among all images with the seed's prediction.

    Args:
        head: the last layer and its images.
        phi: their influence features.
        seeds: images, shape (m,).
        groups: of `groups_around`.
        rate: learning rate of the simple boundary.
        steps: its limit.
        norm: its limit.

    Returns:
        One row a seed image, group and boundary ("minimal" or "simple"): share, and of the group under the minimal
        change the mean `pull` $h_i^\top h_j/\|h_i\|^2$ and the mean `gap` of its members to the class behind the seed's
        boundary. `succeeded` says whether the simple boundary flipped the seed. Of the images with the seed's
        prediction: `flipped` is the number that flips, `caught` the share of these that lies in the group, `chance` the
        share of all that does, and `kinship` the mean cosine influence with the seed image of those that flip minus
        that of the others; NaN where none flips or all do.
    """
    chosen = seeds[:, None]
    ascent = simple_boundary(head.features[chosen], head.logits[chosen], head.labels[chosen], rate, steps, norm)
    own = closed_form(head.features, head.logits)
    rows, cosines = [], unit(phi)
    for number, image in enumerate(seeds):
        (alike,) = np.nonzero((head.predictions == head.predictions[image]) & (np.arange(head.n) != image))
        kinship = cosines[alike] @ cosines[image]
        pull = head.features @ head.features[image] / (head.features[image] @ head.features[image])
        gap = head.logits[np.arange(head.n), head.predictions] - head.logits[:, own.target[image]]
        moved = {
            "minimal": minimal_logits(head, image),
            "simple": head.logits + head.features @ ascent.change[number].T,
        }
        for boundary, logits in moved.items():
            flipped = logits.argmax(axis=1) != head.predictions
            succeeded = boundary == "minimal" or bool(ascent.succeeded[number])
            with_it = flipped[alike]
            both = with_it.any() and not with_it.all()
            for group, members in groups.items():
                inside = members[number]
                in_group = np.isin(alike, inside)
                rows.append(
                    {
                        "image": image,
                        "boundary": boundary,
                        "group": group,
                        "share": flipped[inside].mean(),
                        "pull": pull[inside].mean(),
                        "gap": gap[inside].mean(),
                        "same_prediction": np.mean(head.predictions[inside] == head.predictions[image]),
                        "same_class": np.mean(head.labels[inside] == head.labels[image]),
                        "seed_gap": own.gap[image],
                        "succeeded": succeeded,
                        "flipped": with_it.sum(),
                        "caught": in_group[with_it].mean() if both else np.nan,
                        "chance": in_group.mean() if both else np.nan,
                        "kinship": kinship[with_it].mean() - kinship[~with_it].mean() if both else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def network_flips(
    head: SoftmaxHead,
    weights: Sequence[torch.Tensor],
    images: Array,
    seeds: Array,
    groups: Mapping[str, Array],
    rate: float,
    steps: int,
    norm: float,
) -> pd.DataFrame:
    """The same under the simple boundary on all layers of the CNN; columns image, boundary, group, share, succeeded."""
    rows = []
    for number, image in enumerate(seeds):
        ascent = network_boundary(weights, cnn_inputs(images[[image]]), head.labels[[image]], rate, steps, norm)
        members = np.unique(np.concatenate([group[number] for group in groups.values()]))
        with torch.no_grad():
            logits = cnn_logits(ascent.weights, cnn_inputs(images[members])).numpy()
        flipped = logits.argmax(axis=1) != head.predictions[members]
        for group, inside in groups.items():
            share = flipped[np.searchsorted(members, inside[number])].mean()
            row = {"image": image, "boundary": "network", "group": group, "share": share}
            rows.append(row | {"succeeded": ascent.succeeded})
    return pd.DataFrame(rows)


def _first(wanted: Array, allowed: Array, values: Array, count: int, what: str) -> Array:
    """The wanted images with the smallest values, repeated if too few; any allowed ones, with a warning, if none."""
    if not wanted.any():
        warnings.warn(f"no other image has the {what}: the nearest of all stand for it", stacklevel=2)
    candidates = np.flatnonzero(wanted if wanted.any() else allowed)
    leading = min(count, len(candidates))
    nearest = candidates[np.argpartition(values[candidates], leading - 1)[:leading]]
    return np.resize(nearest[np.argsort(values[nearest])], count)
