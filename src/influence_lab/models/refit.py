"""Find a minimum to the last digits, with a weight for each training point."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from influence_lab.models.problem import Array, Problem


class NotConvergedError(RuntimeError):
    """The gradient is still too large; the message gives its norm."""


@dataclass(frozen=True)
class Fit:
    """A stationary point, with the norm of the gradient there and the smallest eigenvalue of the Hessian."""

    theta: Array
    gradient_norm: float
    curvature: float


def extremes(fits: Iterable[Fit]) -> tuple[float, float]:
    """Return the largest gradient norm and the smallest curvature of several fits."""
    fits = list(fits)
    return max(fit.gradient_norm for fit in fits), min(fit.curvature for fit in fits)


def minimise(
    problem: Problem, start: Array, weights: Array | None = None, tolerance: float = 1e-12, steps: int = 500
) -> Fit:
    r"""Minimise $R_w(\theta)$ by Newton's method until $\|\nabla R_w\| <$ `tolerance`.

    Each step is $-|H|^{-1} g$, with the absolute values of the eigenvalues, so that it goes downhill where the
    objective is not convex; it is halved until the objective falls. Once the gradient is small the objective cannot
    show progress any more (its change drowns in rounding), and full steps go on while they lower the gradient.

    Args:
        problem: losses and regulariser.
        start: first parameters, shape (p,). At a nearby minimum the search stays in its basin.
        weights: w_i, shape (n,); default 1/n each.
        tolerance: on the gradient norm, in units of the loss per parameter.
        steps: limit on Newton steps.

    Raises:
        NotConvergedError: the limit is reached, for instance because the weighted losses have no minimiser.
    """
    w = problem.weights() if weights is None else weights
    theta = np.array(start, dtype=float)
    gradient = problem.gradient(theta, w)
    for _ in range(steps):
        values, vectors = np.linalg.eigh(problem.hessian(theta, w))
        step = -vectors @ (vectors.T @ gradient / np.maximum(np.abs(values), 1e-10))
        small = np.linalg.norm(gradient) < 1e-6
        candidate = theta + (step if small else _downhill(problem, w, theta, step) * step)
        candidate_gradient = problem.gradient(candidate, w)
        if small and np.linalg.norm(candidate_gradient) >= np.linalg.norm(gradient):
            break  # rounding: no further step helps
        theta, gradient = candidate, candidate_gradient
    norm = float(np.linalg.norm(gradient))
    if not norm < tolerance:
        raise NotConvergedError(
            f"gradient norm {norm:.1e} after {steps} steps, wanted < {tolerance:.0e}; add a regulariser (decay > 0) "
            "if the losses have no minimiser"
        )
    return Fit(theta, norm, float(np.linalg.eigvalsh(problem.hessian(theta, w))[0]))


def _downhill(problem: Problem, weights: Array, theta: Array, step: Array) -> float:
    here, length = problem.objective(theta, weights), 1.0
    while problem.objective(theta + length * step, weights) > here and length > 1e-12:
        length /= 2
    return length
