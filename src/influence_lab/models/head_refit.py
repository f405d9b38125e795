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
ROUNDING = 1e-15  # norm of a gradient of mean losses that float64 cannot tell from zero
SLOW = 0.5  # a step that leaves more than this share of the gradient calls for a new Hessian


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


def refit(
    head: SoftmaxHead, ridge: float, hessian: Array | None = None, tolerance: float = 1e-10, steps: int = 200
) -> Minimum:
    r"""Minimise F from the head's own parameters by Newton's method.

    A Hessian costs as much as dozens of gradients, so it is kept while each step with it takes most of the gradient
    away, and formed anew otherwise. Steps are halved until F falls.

    Args:
        head: features and labels; its logits are the start.
        ridge: ρ > 0.
        hessian: of the mean loss at the head's own parameters, where it is known: it saves a Hessian.
        tolerance: on the norm of the gradient.
        steps: limit on the steps.

    Raises:
        NotConvergedError: the limit is reached.
    """
    solve = None if hessian is None else _inverse(hessian, ridge)
    return _newton(_Objective(head, ridge), parameters_of(head), solve, tolerance, steps)


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
    head: SoftmaxHead,
    theta: Array,
    hessian: Array,
    group: Sequence[int],
    ridge: float,
    tolerance: float = 1e-8,
    steps: int = 200,
) -> Removal:
    r"""The minimum of $F - \frac1n\sum_{i\in G} L_i$: the group's weights set to zero, all others and ρ as they were.

    Newton's method from the minimum with everyone, with the Hessian there without the group's part as long as that
    serves: among many images the minimum moves so little that each step takes almost all of the gradient away.

    Args:
        head: all training images.
        theta: the minimum of F, shape (p,).
        hessian: of the mean loss of all images at θ, without ρ, shape (p, p).
        group: indices of the images taken away.
        ridge: ρ.
        tolerance: on the norm of the gradient, as a share of the first; never below rounding.
        steps: limit on the steps.

    Raises:
        NotConvergedError: the limit is reached.
    """
    problem = _Objective(head, ridge, head.rows(group))
    solve = _inverse(hessian - problem.share * problem.leaving.at(theta).hessian(), ridge)
    first = -problem.share * _Objective(problem.leaving, 0.0).gradient(theta)  # that of F itself is zero here
    goal = max(tolerance * float(np.linalg.norm(first)), ROUNDING)  # an image learnt perfectly has hardly any gradient
    found = _newton(problem, theta, solve, goal, steps)
    return Removal(found.theta, theta - solve(first), tolerance * found.gradient_norm / goal)


class _Objective(NamedTuple):
    """F, without the losses of some of the images where `leaving` has them."""

    head: SoftmaxHead
    ridge: float
    leaving: SoftmaxHead | None = None

    @property
    def share(self) -> float:
        return 0.0 if self.leaving is None else self.leaving.n / self.head.n

    def value(self, theta: Array) -> float:
        gone = 0.0 if self.leaving is None else self.share * self.leaving.at(theta).losses.mean()
        return float(self.head.at(theta).losses.mean() - gone + self.ridge / 2 * theta @ theta)

    def gradient(self, theta: Array) -> Array:
        at = self.head.at(theta)
        whole = at.gradient_of(np.full((at.n, 1), 1 / at.n))[0] + self.ridge * theta
        return whole if self.leaving is None else whole - self.share * _Objective(self.leaving, 0.0).gradient(theta)

    def hessian(self, theta: Array) -> Array:
        """Without the ridge."""
        whole = self.head.at(theta).hessian()
        return whole if self.leaving is None else whole - self.share * self.leaving.at(theta).hessian()


def _newton(
    problem: _Objective, theta: Array, solve: Callable[[Array], Array] | None, goal: float, steps: int
) -> Minimum:
    """Newton's method; a Hessian is kept while it serves, and steps with a new one are halved until F falls.

    Args:
        problem: F.
        theta: the start.
        solve: with the Hessian at the start; None forms it.
        goal: on the norm of the gradient.
        steps: limit on the steps.
    """
    gradient = problem.gradient(theta)
    norm, new = float(np.linalg.norm(gradient)), True
    for step in range(steps):
        if norm <= goal:
            return Minimum(theta, norm, step)
        if solve is None:
            solve, new = _inverse(problem.hessian(theta), problem.ridge), True
        move = solve(gradient)
        ahead = problem.gradient(theta - move)
        if np.linalg.norm(ahead) > SLOW * norm:
            solve = None
            if not new:
                continue
            move = _downhill(problem, theta, move)
            ahead = problem.gradient(theta - move)
        theta, gradient, norm, new = theta - move, ahead, float(np.linalg.norm(ahead)), False
    raise NotConvergedError(f"gradient norm {norm:.1e} after {steps} steps, wanted < {goal:.0e}; raise the ridge")


def _inverse(hessian: Array, ridge: float) -> Callable[[Array], Array]:
    factor = cho_factor(hessian + ridge * np.eye(len(hessian)), lower=True, overwrite_a=True)
    return lambda vector: cho_solve(factor, vector)


def _downhill(problem: _Objective, theta: Array, move: Array) -> Array:
    here = problem.value(theta)
    while problem.value(theta - move) > here and np.linalg.norm(move) > 1e-12:
        move = move / 2
    return move
