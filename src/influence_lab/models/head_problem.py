r"""Train the last layer of an image model to its optimum, with or without a group of images.

The objective is $\frac1n\sum_{i\notin G} L_i(\theta) + \frac\lambda2\|\theta\|^2$, convex; n counts all images, so that
leaving a group out takes its sum of losses, over n, off the objective.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray
SLOW = 0.5  # a step that shrinks the gradient by less asks for a new Hessian
MOST_STEPS = 200


class RefitError(ArithmeticError):
    """The last layer did not reach its optimum; the message gives the gradient that is left."""


class HeadProblem(NamedTuple):
    """Softmax regression on given features.

    Attributes:
        features: h with its 1, shape (n, d + 1).
        labels: shape (n,).
        classes: K.
        decay: λ.
    """

    features: Array
    labels: Array
    classes: int
    decay: float

    def head(self, theta: Array) -> SoftmaxHead:
        """The layer with parameters θ, shape (K, d + 1)."""
        return SoftmaxHead(self.features, self.features @ theta.T, self.labels)

    def rows(self, chosen: Array) -> "HeadProblem":
        """The same on some of the images."""
        return self._replace(features=self.features[chosen], labels=self.labels[chosen])


def without(problem: HeadProblem, theta: Array, group: Array, hessian: Array, tolerance: float = 1e-9) -> Array:
    """θ at the optimum without a group, by Newton's steps with a Hessian that is kept while it serves.

    Args:
        problem: all images.
        theta: where to start, shape (K, d + 1); the optimum with the group is a good place.
        group: indices of the images left out; may be empty.
        hessian: of the whole objective at `theta`, decay included, shape (p, p).
        tolerance: on the length of the gradient, relative to that of the gradients of all single images.

    Returns:
        Shape (K, d + 1).

    Raises:
        RefitError: the gradient is still longer after `MOST_STEPS` steps.
    """
    n, kept = len(problem.labels), np.setdiff1d(np.arange(len(problem.labels)), group)
    rest = problem.rows(kept)
    factor = cho_factor(hessian - _hessian(problem.rows(group), theta) * len(group) / n)
    head = rest.head(theta)
    gradient, scale = _gradient(rest, head, theta, n), _scale(rest, head)
    value, length = _value(rest, head, theta, n), np.linalg.norm(gradient)
    for _ in range(MOST_STEPS):
        if length <= tolerance * scale:
            return theta
        step = cho_solve(factor, gradient.ravel()).reshape(theta.shape)
        size, slope = 1.0, float((step * gradient).sum())
        while size > 1e-6:
            head = rest.head(theta - size * step)
            new_value = _value(rest, head, theta - size * step, n)
            if new_value <= value - 1e-4 * size * slope + 1e-14 * abs(value):
                break
            size /= 2
        theta, value = theta - size * step, new_value
        gradient = _gradient(rest, head, theta, n)
        before, length = length, np.linalg.norm(gradient)
        if length > SLOW * before:
            factor = cho_factor(_hessian(rest, theta) * len(kept) / n + problem.decay * np.eye(theta.size))
    raise RefitError(
        f"the gradient is {length / scale:.1e} of one image's after {MOST_STEPS} steps, need {tolerance:g}"
    )


def optimum(problem: HeadProblem, theta: Array) -> Array:
    """θ at the optimum with all images, shape (K, d + 1)."""
    return without(problem, theta, np.array([], dtype=int), full_hessian(problem, theta))


def full_hessian(problem: HeadProblem, theta: Array) -> Array:
    """Hessian of the whole objective, decay included, shape (p, p)."""
    return _hessian(problem, theta) + problem.decay * np.eye(theta.size)


def _hessian(problem: HeadProblem, theta: Array) -> Array:
    if not len(problem.labels):
        return np.zeros((theta.size, theta.size))
    return problem.head(theta).hessian()


def _gradient(rest: HeadProblem, head: SoftmaxHead, theta: Array, n: int) -> Array:
    return head.residuals.T @ head.features / n + rest.decay * theta


def _value(rest: HeadProblem, head: SoftmaxHead, theta: Array, n: int) -> float:
    return float(head.losses.sum() / n + rest.decay / 2 * (theta**2).sum())


def _scale(rest: HeadProblem, head: SoftmaxHead) -> float:
    lengths = np.linalg.norm(head.residuals, axis=1) * np.linalg.norm(head.features, axis=1)
    return float(lengths.mean())
