r"""Weights boundary: the smallest change of a last layer's weights that changes a prediction, by DeepFool's steps.

With h an image's features and a 1, the logit of class k is $w_k^\top h$. Class k overtakes the predicted class c once
$(\Delta w_k - \Delta w_c)^\top h \ge f_c - f_k$, and the shortest such change has norm $(f_c - f_k)/(\sqrt2\,\|h\|)$.
For groups, every change that the methods here make is $\Delta W = \sum_i a_i h_i^\top$ with one vector $a_i$ of K
numbers for each member, so that logits and norms need only the inner products of the members' features.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray

TIE = 1e-6  # difference of two logits that counts as a tie, influenciae's default
STANDSTILL = 1e-10  # a step shorter than this is rounding


class Boundary(NamedTuple):
    """The nearest boundary of each image.

    Attributes:
        norm: length of the change of the weights that reaches it, shape (n,).
        target: the class behind it, shape (n,).
        gap: $f_c - f_k$ to that class, shape (n,).
    """

    norm: Array
    target: Array
    gap: Array


def closed_form(features: Array, logits: Array) -> Boundary:
    r"""$\min_k (f_c - f_k)/\sqrt{2\,\|h\|^2}$ with $\|h\|^2 = \|x\|^2 + 1$, of each image.

    Args:
        features: h with its 1, shape (n, D).
        logits: shape (n, K).

    >>> closed_form(np.array([[0.0, 0.0, 1.0]]), np.array([[4.0, 0.0]])).norm / np.sqrt(2)
    array([2.])
    """
    gaps = _gaps(logits, logits.argmax(axis=1))
    target = gaps.argmin(axis=1)
    gap = gaps.min(axis=1)
    return Boundary(gap / np.sqrt(2 * np.einsum("nd,nd->n", features, features)), target, gap)


class Descent(NamedTuple):
    """What DeepFool did to each image: norm of the change, its steps, and $f_c$ minus the largest other logit left."""

    norm: Array
    steps: Array
    gap: Array


def deepfool(weights: Array, features: Array, steps: int = 100, tie: float = TIE) -> Descent:
    r"""The steps of influenciae's `WeightsBoundaryCalculator`, in the precision of the arguments.

    Each step moves the weights onto the nearest boundary of the linearised model, without overshoot, until the
    prediction changes or the two largest logits differ by at most `tie`. Nothing here uses that the model is linear but
    its derivative, $e_k h^\top$ for logit k.

    Args:
        weights: kernel and bias of each class, shape (K, D).
        features: h with its 1, shape (n, D); each image starts from the same weights.
        steps: at most so many.
        tie: in logits.
    """
    n, K = len(features), len(weights)
    moved = np.repeat(weights[None], n, axis=0)  # (n, K, D)
    predicted = (features @ weights.T).argmax(axis=1)
    others = np.arange(K - 1) + (np.arange(K - 1) >= predicted[:, None])  # (n, K - 1), in increasing order
    used = np.zeros(n, dtype=int)
    for _ in range(steps):
        logits = np.einsum("nkd,nd->nk", moved, features)
        (open_,) = np.nonzero(_gaps(logits, predicted).min(axis=1) > tie)
        if not len(open_):
            break
        c, h, k = predicted[open_], features[open_], others[open_]
        delta = np.take_along_axis(logits[open_], k, axis=1) - logits[open_, c][:, None]
        length = np.sqrt(2) * np.linalg.norm(h, axis=1, keepdims=True)  # of the derivative of each f_k − f_c
        coefficient = np.abs(delta) / length
        best = coefficient.argmin(axis=1)
        size = (coefficient.min(axis=1) / length[:, 0])[:, None]
        moved[open_, k[np.arange(len(open_)), best]] += size * h
        moved[open_, c] -= size * h
        used[open_] += 1
    left = _gaps(np.einsum("nkd,nd->nk", moved, features), predicted).min(axis=1)
    return Descent(np.linalg.norm((moved - weights).reshape(n, -1), axis=1), used, left)


@dataclass(frozen=True)
class Members:
    """Groups of the same size: what boundaries need to know of their members.

    Attributes:
        gram: inner products of the features, shape (G, m, m).
        logits: of the trained model, shape (G, m, K).
    """

    gram: Array
    logits: Array

    @staticmethod
    def of(head: SoftmaxHead, groups: Array) -> "Members":
        """The groups whose members' indices are the rows of `groups`, shape (G, m)."""
        features = head.features[groups]
        return Members(features @ features.transpose(0, 2, 1), head.logits[groups])

    @cached_property
    def predictions(self) -> Array:
        """Before any change, shape (G, m)."""
        return self.logits.argmax(axis=2)

    def rows(self, chosen: Array) -> "Members":
        """Some of the groups."""
        return Members(self.gram[chosen], self.logits[chosen])

    def moved(self, change: Array) -> Array:
        """Logits under a change with coefficients a, shape (G, m, K)."""
        return self.logits + self.gram @ change

    def norm(self, change: Array) -> Array:
        """Length of that change of the weights, shape (G,)."""
        return np.sqrt(np.maximum(np.einsum("gmk,gmk->g", change, self.gram @ change), 0))

    def flipped(self, change: Array, tie: float = TIE) -> Array:
        """Members whose prediction is no longer the same, or ties with another class, shape (G, m)."""
        G, m, K = self.logits.shape
        gaps = _gaps(self.moved(change).reshape(-1, K), self.predictions.ravel())
        return (gaps.min(axis=1) <= tie).reshape(G, m)


class Deformation(NamedTuple):
    """A change of the weights for each group.

    Attributes:
        change: coefficients a, shape (G, m, K).
        norm: length of the change, shape (G,).
        steps: projections made, shape (G,).
        passes: times through the group, shape (G,); the steps of a batch.
        flipped: members that flipped or tie, shape (G, m).
    """

    change: Array
    norm: Array
    steps: Array
    passes: Array
    flipped: Array


def batch_boundary(members: Members, steps: int = 100, tie: float = TIE, remaining: bool = False) -> Deformation:
    r"""DeepFool on a whole group as one batch, as influenciae's step averages over its batch.

    The library takes the mean over the batch of $f_k - f_c$ and of its derivative, k running through each member's
    other classes in order, and moves to where the nearest *mean* vanishes. (Its stop, which squeezes the batch away,
    takes one image only; here a group ends when all its members have flipped.)

    Args:
        members: the groups.
        steps: at most so many.
        tie: in logits.
        remaining: average over the members that have not flipped yet, which the library does not do.
    """
    G, m, K = members.logits.shape
    others = np.arange(K - 1) + (np.arange(K - 1) >= members.predictions[..., None])  # (G, m, K - 1)
    along = np.eye(K)[others] - np.eye(K)[members.predictions][:, :, None]  # (G, m, K - 1, K)
    change, used, open_ = np.zeros((G, m, K)), np.zeros(G, dtype=int), np.arange(G)
    for _ in range(steps):
        part = members.rows(open_)
        flipped = part.flipped(change[open_], tie)
        late = ~flipped.all(axis=1)
        open_, part, flipped = open_[late], part.rows(late), flipped[late]
        if not len(open_):
            break
        counted = ~flipped if remaining else np.ones_like(flipped)
        share = counted / counted.sum(axis=1, keepdims=True)  # (g, m)
        logits = part.moved(change[open_])
        delta = np.take_along_axis(logits, others[open_], 2) - np.take_along_axis(
            logits, part.predictions[..., None], 2
        )
        mean = np.abs(np.einsum("gm,gmj->gj", share, delta))
        step = share[..., None, None] * along[open_]  # mean derivative of each other class, as coefficients
        through = (part.gram @ step.reshape(len(open_), m, -1)).reshape(step.shape)
        length = np.sqrt(np.maximum(np.einsum("gmjk,gmjk->gj", step, through), 1e-300))
        coefficient = mean / length
        best = coefficient.argmin(axis=1)
        chosen = np.arange(len(open_)), best
        change[open_] += (coefficient[chosen] / length[chosen])[:, None, None] * step[chosen[0], :, best]
        used[open_] += 1
        open_ = open_[coefficient[chosen] > STANDSTILL]  # the mean is zero already: no step will move it again
    return Deformation(change, members.norm(change), used, used, members.flipped(change, tie))


def sequential_boundary(members: Members, passes: int = 1000, tie: float = TIE) -> Deformation:
    """DeepFool on each member in turn without resetting the weights, pass after pass, until all have flipped.

    The "universal" way (Moosavi-Dezfooli et al. 2017). A member that has flipped already is left alone; for a linear
    head one projection takes the others onto their nearest boundary.

    Args:
        members: the groups.
        passes: at most so many times through the group.
        tie: in logits.
    """
    G, m, K = members.logits.shape
    change, used, passed, open_ = np.zeros((G, m, K)), np.zeros(G, dtype=int), np.zeros(G, dtype=int), np.arange(G)
    for number in range(1, passes + 1):
        part, moved = members.rows(open_), change[open_]
        for i in range(m):
            logits = part.logits[:, i] + np.einsum("gn,gnk->gk", part.gram[:, i], moved)
            gaps = _gaps(logits, part.predictions[:, i])
            (late,) = np.nonzero(gaps.min(axis=1) > tie)
            size = gaps[late].min(axis=1) / (2 * part.gram[late, i, i])
            moved[late, i, gaps[late].argmin(axis=1)] += size
            moved[late, i, part.predictions[late, i]] -= size
            used[open_[late]] += 1
        change[open_], passed[open_] = moved, number
        open_ = open_[~part.flipped(moved, tie).all(axis=1)]
        if not len(open_):
            break
    return Deformation(change, members.norm(change), used, passed, members.flipped(change, tie))


def _gaps(logits: Array, predicted: Array) -> Array:
    """$f_c - f_k$ for every class k, infinite for c itself, shape (n, K)."""
    gaps = logits[np.arange(len(logits)), predicted][:, None] - logits
    gaps[np.arange(len(logits)), predicted] = np.inf
    return gaps
