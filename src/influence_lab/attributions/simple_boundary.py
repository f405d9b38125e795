r"""The report's simple weights boundary: gradient ascent on the cross-entropy, with Adam, until predictions flip.

It stops when every prediction of the group has changed (success), when $\|\Delta w\| > 1$, or after 100 steps. The
score is $\|\Delta w\|$, and 1 for a failure (report, section 4.2.3). Here a last layer is moved, many groups at once.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import softmax

Array = np.ndarray

FAILED = 1.0  # the report's score of a failure
FIRST, SECOND, SMALL = 0.9, 0.999, 1e-7  # Adam's β₁, β₂ and ε as Keras has them


class Ascent(NamedTuple):
    """How the ascents ended.

    Attributes:
        norm: length of the change of the weights, shape (G,).
        steps: shape (G,).
        flipped: members whose prediction changed, shape (G, m).
        succeeded: all changed, within both stop conditions, shape (G,).
        change: of the weights, shape (G, K, D).
    """

    norm: Array
    steps: Array
    flipped: Array
    succeeded: Array
    change: Array

    @property
    def score(self) -> Array:
        """The report's, shape (G,)."""
        return score(self.norm, self.succeeded)


def score(norm: Any, succeeded: Any) -> Array:
    """The report's score: the norm of the change, and 1 where it failed."""
    return np.where(succeeded, norm, FAILED)


def adam_move(first: Any, second: Any, gradient: Any, step: int) -> tuple[Any, Any, Any]:
    """Adam's two moments after one more gradient, and its move for a learning rate of 1, as Keras computes them.

    Args:
        first: mean of gradients, an array or tensor.
        second: mean of squared gradients.
        gradient: the new one.
        step: from 1.
    """
    first = FIRST * first + (1 - FIRST) * gradient
    second = SECOND * second + (1 - SECOND) * gradient**2
    corrected = (1 - SECOND**step) ** 0.5 / (1 - FIRST**step)
    return first, second, corrected * first / (second**0.5 + SMALL)


def ascent_gradient(features: Array, logits: Array, classes: Array) -> Array:
    r"""Gradient of each group's mean cross-entropy in the last layer, $\frac1m\sum_i (p_i - e_{y_i}) \otimes h_i$.

    Args:
        features: h with its 1, shape (G, m, D).
        logits: now, shape (G, m, K).
        classes: y, whose cross-entropy it is, shape (G, m).

    Returns:
        Shape (G, K, D).
    """
    residuals = softmax(logits, axis=2) - np.eye(logits.shape[2], dtype=logits.dtype)[classes]
    return residuals.transpose(0, 2, 1) @ features / features.shape[1]


def simple_boundary(
    features: Array,
    logits: Array,
    classes: Array,
    rate: float,
    steps: int = 100,
    largest: float = 1.0,
    chunk: int = 256,
) -> Ascent:
    r"""Ascend the mean cross-entropy of each group in the weights of the last layer, with Adam.

    Args:
        features: h with its 1, shape (G, m, D).
        logits: of the trained model, shape (G, m, K).
        classes: whose cross-entropy it is, the labels as in training, shape (G, m).
        rate: learning rate, the last of the training.
        steps: at most so many.
        largest: norm of the change beyond which it is given up.
        chunk: groups that are moved together.
    """
    parts = [slice(start, start + chunk) for start in range(0, len(features), chunk)]
    done = [_ascend(features[at], logits[at], classes[at], rate, steps, largest) for at in parts]
    return Ascent(*(np.concatenate(column) for column in zip(*done, strict=True)))


def _ascend(features, logits, classes, rate, steps, largest) -> Ascent:
    G, m, K = logits.shape
    change = np.zeros((G, K, features.shape[2]), features.dtype)
    first, second = np.zeros_like(change), np.zeros_like(change)
    predicted = logits.argmax(axis=2)
    norm, used, flipped = np.zeros(G), np.zeros(G, dtype=int), np.zeros((G, m), dtype=bool)
    open_, now = np.arange(G), logits
    for step in range(1, steps + 1):
        gradient = ascent_gradient(features[open_], now, classes[open_])
        first[open_], second[open_], moved = adam_move(first[open_], second[open_], gradient, step)
        change[open_] += rate * moved
        now = logits[open_] + features[open_] @ change[open_].transpose(0, 2, 1)
        used[open_] = step
        norm[open_] = np.linalg.norm(change[open_].reshape(len(open_), -1), axis=1)
        flipped[open_] = now.argmax(axis=2) != predicted[open_]
        going = ~flipped[open_].all(axis=1) & (norm[open_] <= largest)
        open_, now = open_[going], now[going]
        if not len(open_):
            break
    return Ascent(norm, used, flipped, flipped.all(axis=1) & (norm <= largest), change)
