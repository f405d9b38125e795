r"""Refit the last layer of an image classifier: a convex problem, so that its minimum is known to the last digits.

The objective is $F(\theta) = \frac1n\sum_i L_i(\theta) + \frac\rho2\|\theta\|^2$. The ridge ρ is tiny; it makes the
minimum unique, and finite where the classes can be separated.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

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
