"""Functioning groups by the simple boundary: add the candidate whose group is the easiest to flip."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.head_influence import grow_groups, influence_features, whitening
from influence_lab.attributions.network_boundary import network_boundary
from influence_lab.attributions.simple_boundary import simple_boundary
from influence_lab.evaluations.boundary_draws import nearest_images
from influence_lab.models.softmax_head import SoftmaxHead
from influence_lab.models.torch_cnn import cnn_inputs

Array = np.ndarray

DOG = 5  # the class of the report's seed image in figure 14; others follow in steps of three


class Greedy(NamedTuple):
    """One search.

    Attributes:
        members: the seed image and then the images in the order of joining, shape (size,).
        score: of the group after each step, shape (size - 1,); 1 where it failed.
        ties: candidates with that score; above 1 the choice among them was random, shape (size - 1,).
    """

    members: Array
    score: Array
    ties: Array


def greedy(scores: Callable[[Array, Array], Array], image: int, candidates: Array, size: int, seed: int) -> Greedy:
    """Add the candidate with the smallest score of the group with it, and one of them at random where they tie.

    All failures have the score 1. So where every candidate fails they tie, one joins at random, and it stays: the
    groups of all later steps hold it.

    Args:
        scores: from the group, shape (s,), and candidates, shape (t,), to their scores, shape (t,).
        image: the seed image.
        candidates: images that may join.
        size: of the group.
        seed: breaks ties.
    """
    rng, open_ = np.random.default_rng([seed, image]), np.setdiff1d(candidates, [image])
    members, best, ties = [image], [], []
    for _ in range(size - 1):
        found = scores(np.array(members), open_)
        (lowest,) = np.nonzero(found == found.min())
        chosen = rng.choice(lowest)
        members.append(int(open_[chosen]))
        best.append(float(found.min()))
        ties.append(len(lowest))
        open_ = np.delete(open_, chosen)
    return Greedy(np.array(members), np.array(best), np.array(ties))


def head_scores(head: SoftmaxHead, rate: float, steps: int, norm: float) -> Callable[[Array, Array], Array]:
    """Scores by the simple boundary of the last layer, all candidates at once."""

    def scores(members: Array, candidates: Array) -> Array:
        groups = np.column_stack([np.tile(members, (len(candidates), 1)), candidates])
        features, logits = head.features[groups].astype(np.float32), head.logits[groups].astype(np.float32)
        return simple_boundary(features, logits, head.labels[groups], rate, steps, norm).score

    return scores


def network_scores(
    weights: Sequence[torch.Tensor], images: Array, labels: Array, rate: float, steps: int, norm: float
) -> Callable[[Array, Array], Array]:
    """Scores by the simple boundary of all layers, one candidate after the other.

    A candidate is given up, with the score 1, as soon as its change is longer than the shortest one found so far: it
    could not be chosen any more.
    """

    def scores(members: Array, candidates: Array) -> Array:
        found = np.ones(len(candidates))
        for place, candidate in enumerate(candidates):
            group = np.append(members, candidate)
            inputs = cnn_inputs(images[group])
            limit = min(norm, found.min())
            found[place] = network_boundary(weights, inputs, labels[group], rate, steps, limit).score
        return found

    return scores


def greedy_groups(
    head: SoftmaxHead,
    weights: Sequence[torch.Tensor],
    images: Array,
    candidates: int,
    seeds: int,
    size: int,
    network_size: int,
    cutoff: float,
    rate: float,
    steps: int,
    norm: float,
    seed: int,
) -> dict[str, Array]:
    """Groups of the same seed images among the same candidates: by the simple boundary, by influence and by features.

    Args:
        head: the CNN's last layer and its training images.
        weights: of `cnn_weights`.
        images: uint8.
        candidates: how many images may join, evenly over the classes.
        seeds: seed images: the first candidate that is predicted right of each of so many classes, and of the last
            class (if it is not the only one) the first that is predicted wrong. Where a class has none, its first
            candidate, and `as_asked` says so.
        size: of the groups, with the last layer.
        network_size: of the group with all layers, for the first seed image.
        cutoff: of the pseudo-inverse Hessian.
        rate: learning rate of the simple boundary.
        steps: its limit.
        norm: its limit.
        seed: draws candidates and breaks ties.

    Returns:
        candidates; head_members, cosine_members, feature_members of shape (seeds, size); head_score and head_ties of
        shape (seeds, size - 1); as_asked, whether each seed image's prediction is right or wrong as asked for, bool,
        shape (seeds,); network_members, network_score, network_ties of the first seed image.
    """
    rng, K = np.random.default_rng(seed), head.classes
    chosen = np.stack([rng.choice(np.flatnonzero(head.labels == k), candidates // K, replace=False) for k in range(K)])
    classes = [(DOG + place * 3) % K for place in range(seeds)]
    starts, as_asked = zip(
        *(first_predicted(head, chosen[k], place < seeds - 1 or seeds == 1) for place, k in enumerate(classes)),
        strict=True,
    )
    pool = chosen.ravel()
    by_head = head_scores(head, rate, steps, norm)
    grown = [greedy(by_head, image, pool, size, seed) for image in starts]
    by_network = network_scores(weights, images, head.labels, rate, steps, norm)
    network = greedy(by_network, starts[0], pool, network_size, seed)
    part = head.rows(pool)
    phi = unit(influence_features(part, whitening(head.hessian(), cutoff)))
    places = np.array([np.flatnonzero(pool == image)[0] for image in starts])
    return {
        "candidates": pool,
        "as_asked": np.array(as_asked),
        "head_members": np.stack([one.members for one in grown]),
        "head_score": np.stack([one.score for one in grown]),
        "head_ties": np.stack([one.ties for one in grown]),
        "network_members": network.members,
        "network_score": network.score,
        "network_ties": network.ties,
        "cosine_members": pool[grow_groups(phi, places, size).members],
        "feature_members": pool[nearest_images(part.features, places, size)],
    }


def first_predicted(head: SoftmaxHead, images: Array, right: bool) -> tuple[int, bool]:
    """The first of some images that is predicted right (or wrong), and True; the first of all and False if none is."""
    wanted = images[(head.predictions[images] == head.labels[images]) == right]
    return int(wanted[0] if len(wanted) else images[0]), len(wanted) > 0
