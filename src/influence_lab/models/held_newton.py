"""Newton's method with the curvature held: where an optimum goes after a small change of its objective."""

from collections.abc import Callable

import torch
from torch import Tensor

MOST_STEPS = 60  # about five where the change is small


class NotConvergedError(RuntimeError):
    """No minimum was reached; the message says what to change."""


def held_newton(slope: Callable[[Tensor], Tensor], start: Tensor, factor: Tensor) -> Tensor:
    """Where the gradient is 0, to 13 digits of the parameters; shape (p,).

    Args:
        slope: gradient of the changed objective.
        start: the optimum before the change.
        factor: Cholesky factor of the curvature there, shape (p, p).

    Raises:
        NotConvergedError: the change is too large for that.
    """
    theta = start
    for _ in range(MOST_STEPS):
        step = solve(factor, slope(theta))
        theta = theta - step
        if float(step.norm()) <= 1e-13 * float(theta.norm()):
            return theta
    raise NotConvergedError("no minimum near by: take a smaller ε, or a larger damping or α")


def solve(factor: Tensor, gradient: Tensor) -> Tensor:
    """The linear system with a Cholesky factor (p, p), for one vector (p,)."""
    return torch.cholesky_solve(gradient[:, None], factor)[:, 0]
