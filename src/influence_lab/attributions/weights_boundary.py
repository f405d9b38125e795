r"""Weights boundary: the smallest change of a last layer's weights that changes a prediction, by DeepFool's steps.

With h an image's features and a 1, the logit of class k is $w_k^\top h$. Class k overtakes the predicted class c once
$(\Delta w_k - \Delta w_c)^\top h \ge f_c - f_k$, and the shortest such change has norm $(f_c - f_k)/(\sqrt2\,\|h\|)$.
"""

from typing import NamedTuple

import numpy as np

Array = np.ndarray

TIE = 1e-6  # difference of two logits that counts as a tie, influenciae's default


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
    ahead = gaps(logits, logits.argmax(axis=1))
    target = ahead.argmin(axis=1)
    gap = ahead.min(axis=1)
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
        (open_,) = np.nonzero(gaps(logits, predicted).min(axis=1) > tie)
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
    left = gaps(np.einsum("nkd,nd->nk", moved, features), predicted).min(axis=1)
    return Descent(np.linalg.norm((moved - weights).reshape(n, -1), axis=1), used, left)


def gaps(logits: Array, predicted: Array) -> Array:
    """$f_c - f_k$ for every class k, infinite for c itself, shape (n, K)."""
    ahead = logits[np.arange(len(logits)), predicted][:, None] - logits
    ahead[np.arange(len(logits)), predicted] = np.inf
    return ahead
