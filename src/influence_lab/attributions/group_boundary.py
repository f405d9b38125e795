r"""Weights boundary of groups in a last layer: as a batch, and one member after the other.

Every change that the methods here make is $\Delta W = \sum_i a_i h_i^\top$ with one vector $a_i$ of K numbers for each
member, so that logits and norms need only the inner products of the members' features.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from influence_lab.attributions.weights_boundary import TIE, gaps
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray

STANDSTILL = 1e-10  # a step shorter than this is rounding


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
        ahead = gaps(self.moved(change).reshape(-1, K), self.predictions.ravel())
        return (ahead.min(axis=1) <= tie).reshape(G, m)


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
            ahead = gaps(logits, part.predictions[:, i])
            (late,) = np.nonzero(ahead.min(axis=1) > tie)
            size = ahead[late].min(axis=1) / (2 * part.gram[late, i, i])
            moved[late, i, ahead[late].argmin(axis=1)] += size
            moved[late, i, part.predictions[late, i]] -= size
            used[open_[late]] += 1
        change[open_], passed[open_] = moved, number
        open_ = open_[~part.flipped(moved, tie).all(axis=1)]
        if not len(open_):
            break
    return Deformation(change, members.norm(change), used, passed, members.flipped(change, tie))
