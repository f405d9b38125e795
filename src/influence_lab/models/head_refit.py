<<<<<<< HEAD
r"""Refit the last layer of an image classifier: a convex problem, so that its minimum is known to the last digits.

The objective is $F(\theta) = \frac1n\sum_i L_i(\theta) + \frac\rho2\|\theta\|^2$. The ridge ρ is tiny; it makes the
minimum unique, and finite where the classes can be separated.
"""

from collections.abc import Callable, Sequence
=======
r"""Train the last layer of an image model to its optimum, with or without a group of images.

The objective is $\frac1n\sum_{i\notin G} L_i(\theta) + \frac\lambda2\|\theta\|^2$, convex; n counts all images, so that
leaving a group out takes its sum of losses, over n, off the objective.
"""

>>>>>>> 8b6a545dc783fb3e0a2ef66761f6fa18b6ffcdd3
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

<<<<<<< HEAD
from influence_lab.models.refit import NotConvergedError
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray
SLOW = 0.2  # a step that leaves more than this share of the gradient calls for a new Hessian


class Minimum(NamedTuple):
    """Where a refit ended.

    Attributes:
        theta: class by class, shape (p,).
        gradient_norm: of the objective there.
        steps: gradients taken.
    """

    theta: Array
    gradient_norm: float
    steps: int


def parameters_of(head: SoftmaxHead) -> Array:
    """The shortest θ that gives the head's logits by least squares, shape (p,): θ itself but for what changes no logit.

    With features on some principal directions alone, the best approximation in them.
    """
    return np.linalg.lstsq(head.features, head.logits, rcond=None)[0].T.ravel()


def objective(head: SoftmaxHead, theta: Array, ridge: float) -> float:
    """F(θ), nats."""
    return float(head.at(theta).losses.mean() + ridge / 2 * theta @ theta)


def refit(head: SoftmaxHead, ridge: float, tolerance: float = 1e-10, steps: int = 200) -> Minimum:
    r"""Minimise F from the head's own parameters by Newton's method.

    A Hessian costs as much as dozens of gradients, so it is kept while each step with it takes most of the gradient
    away, and formed anew otherwise. Steps are halved until F falls.

    Args:
        head: features and labels; its logits are the start.
        ridge: ρ > 0.
        tolerance: on the norm of the gradient.
        steps: limit on the steps.

    Raises:
        NotConvergedError: the limit is reached.
    """
    theta, solve = parameters_of(head), None
    gradient = _gradient(head, theta, ridge)
    norm = float(np.linalg.norm(gradient))
    for step in range(steps):
        if norm < tolerance:
            return Minimum(theta, norm, step)
        if solve is None:
            solve = _inverse(head.at(theta).hessian(), ridge)
        move = solve(gradient)
        if norm > 1e-6:  # below, rounding hides whether F falls
            move = _downhill(head, theta, move, ridge)
        theta = theta - move
        gradient = _gradient(head, theta, ridge)
        before, norm = norm, float(np.linalg.norm(gradient))
        if norm > SLOW * before:
            solve = None
    raise NotConvergedError(f"gradient norm {norm:.1e} after {steps} steps, wanted < {tolerance:.0e}; raise the ridge")


class Removal(NamedTuple):
    """A head refitted without a group.

    Attributes:
        theta: the new minimum, shape (p,).
        first_step: after one Newton step with the Hessian of the images that are left, shape (p,).
        left: norm of the last gradient as a share of the first.
    """

    theta: Array
    first_step: Array
    left: float


def refit_without(
    head: SoftmaxHead, theta: Array, hessian: Array, group: Sequence[int], ridge: float, tolerance: float = 1e-8
) -> Removal:
    r"""The minimum of $F - \frac1n\sum_{i\in G} L_i$: the group's weights set to zero, all others and ρ as they were.

    Newton's method from the minimum with everyone, always with the Hessian there without the group's part: the minimum
    moves so little that each step takes almost all of the gradient away.

    Args:
        head: all training images.
        theta: the minimum of F, shape (p,).
        hessian: of the mean loss of all images at θ, without ρ, shape (p, p).
        group: indices of the images taken away.
        ridge: ρ.
        tolerance: on the norm of the gradient, as a share of the first.

    Raises:
        NotConvergedError: the gradient stops falling above the tolerance.
    """
    share = len(group) / head.n
    leaving = head.rows(group)
    solve = _inverse(hessian - share * leaving.at(theta).hessian(), ridge)

    def gradient(at: Array) -> Array:
        return _gradient(head, at, ridge) - share * _gradient(leaving, at, 0.0)

    slope = -share * _gradient(leaving, theta, 0.0)  # that of F itself is zero here
    first_norm = norm = float(np.linalg.norm(slope))
    moved, first_step = theta, None
    while norm > tolerance * first_norm:
        moved = moved - solve(slope)
        first_step = moved if first_step is None else first_step
        slope = gradient(moved)
        before, norm = norm, float(np.linalg.norm(slope))
        if norm > 0.5 * before:
            raise NotConvergedError(f"without {len(group)} images, {norm / first_norm:.1e} of the gradient is left")
    return Removal(moved, theta if first_step is None else first_step, norm / max(first_norm, np.finfo(float).tiny))


def _gradient(head: SoftmaxHead, theta: Array, ridge: float) -> Array:
    at = head.at(theta)
    return at.gradient_of(np.full((head.n, 1), 1 / head.n))[0] + ridge * theta


def _inverse(hessian: Array, ridge: float) -> Callable[[Array], Array]:
    factor = cho_factor(hessian + ridge * np.eye(len(hessian)), lower=True, overwrite_a=True)
    return lambda vector: cho_solve(factor, vector)


def _downhill(head: SoftmaxHead, theta: Array, move: Array, ridge: float) -> Array:
    here = objective(head, theta, ridge)
    while objective(head, theta - move, ridge) > here and np.linalg.norm(move) > 1e-12:
        move = move / 2
    return move
=======
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
>>>>>>> 8b6a545dc783fb3e0a2ef66761f6fa18b6ffcdd3
