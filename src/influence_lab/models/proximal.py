"""Solve a local objective to the last digits, and say so where that fails."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from influence_lab.models.local_objective import LocalObjective

Array = np.ndarray
SLOW = 0.9  # a step that leaves more of the gradient than this calls for a new matrix; 200 steps cost one Hessian


class LocalFit(NamedTuple):
    """Where a local problem was left.

    Attributes:
        theta: shape (p,).
        gradient_norm: of the whole objective.
        converged: whether the gradient norm is at most the tolerance.
        hessians: exact Hessians that were formed.
    """

    theta: Array
    gradient_norm: float
    converged: bool
    hessians: int


def solve_local(
    objective: LocalObjective,
    start: Array,
    curvature: Array | None = None,
    tolerance: float = 1e-10,
    steps: int = 300,
    hessians: int = 6,
) -> LocalFit:
    r"""Minimise by Newton steps $-C^{-1}\nabla Q$ whose matrix C is kept as long as it serves.

    C is first `curvature`. When a step leaves more than 9/10 of the gradient, C becomes the Gauss-Newton matrix at the
    present θ; if that does not help, the exact Hessian where it is positive definite. The Gauss-Newton matrix always is,
    for c ≥ 0 and λ > 0. Steps are halved until the objective falls (Armijo) or the gradient halves: near the minimum the
    objective's change drowns in rounding.

    Args:
        objective: what to minimise.
        start: first θ, shape (p,).
        curvature: first C, positive definite, shape (p, p); default the Gauss-Newton matrix at the start.
        tolerance: on the gradient norm, nats per unit of parameter.
        steps: limit on steps.
        hessians: limit on exact Hessians, which cost about 200 gradients each.

    Returns:
        The fit. It does not raise when the limits are reached: problems that did not converge are counted by callers.
    """
    theta, gradient, formed, exact = start, objective.gradient(start), 0, False
    factor = _factor(objective, start) if curvature is None else cho_factor(curvature)
    for _ in range(steps):
        norm = np.linalg.norm(gradient)
        if norm <= tolerance:
            break
        theta, gradient = _advance(objective, theta, gradient, -cho_solve(factor, gradient))
        if np.linalg.norm(gradient) > max(SLOW * norm, tolerance):
            if formed == hessians:
                break
            factor = _factor(objective, theta, exact)
            formed, exact = formed + exact, not exact
    norm = float(np.linalg.norm(gradient))
    return LocalFit(theta, norm, norm <= tolerance, formed)


def descend(objective: LocalObjective, start: Array, steps: int = 3000) -> Array:
    """Go down by L-BFGS from far away, where Hessians are costly and indefinite; `solve_local` does the last digits."""
    options = {"maxiter": steps, "maxfun": 2 * steps, "maxcor": 30, "ftol": 0.0, "gtol": 1e-7}
    found = minimize(objective.value, start, jac=objective.gradient, method="L-BFGS-B", options=options)
    return found.x


def _factor(objective: LocalObjective, theta: Array, exact: bool = False) -> tuple[Array, bool]:
    if exact:
        try:
            return cho_factor(objective.hessian(theta))
        except LinAlgError:
            pass  # a direction of negative curvature
    return cho_factor(objective.gauss_newton(theta))


def _advance(objective: LocalObjective, theta: Array, gradient: Array, step: Array) -> tuple[Array, Array]:
    """Where the halved step leads and the gradient there; no move if none helps."""
    here, slope, norm, length = objective.value(theta), gradient @ step, np.linalg.norm(gradient), 1.0
    while length > 1e-9:
        candidate = theta + length * step
        found = objective.gradient(candidate)
        if np.linalg.norm(found) <= norm / 2 or objective.value(candidate) <= here + 1e-4 * length * slope:
            return candidate, found
        length /= 2
    return theta, gradient
