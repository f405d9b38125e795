"""Exact leave-one-out by refitting, and the leverages that relate it to influence."""

import numpy as np

from influence_lab.models.problem import Array, Problem
from influence_lab.models.refit import extremes, minimise


def leave_one_out(problem: Problem, theta: Array, decay: float | None = None) -> tuple[Array, tuple[float, float]]:
    r"""Refit without each training point in turn, with the mean over the n − 1 points that remain.

    Args:
        problem: the training problem.
        theta: θ̂, its minimiser, shape (p,).
        decay: the regulariser's λ in these refits; default that of the problem. `rescaled_decay` gives the λ for
            which removal is the up-weighting ε = −1/n.

    Returns:
        θ_{−i} − θ̂ for every i, shape (n, p), and the `extremes` of the refits.
    """
    n = problem.n
    kept = type(problem)(problem.X, problem.y, problem.decay if decay is None else decay)
    fits = []
    for i in range(n):
        weights = np.full(n, 1 / (n - 1))
        weights[i] = 0.0
        fits.append(minimise(kept, theta, weights))
    return np.array([fit.theta - theta for fit in fits]), extremes(fits)


def rescaled_decay(problem: Problem) -> float:
    r"""Return λ' = λn/(n − 1), which makes removal a mean over n − 1 points.

    $\frac1n\sum_{j\ne i} L_j + \frac\lambda2\|\theta\|^2$ is (n − 1)/n times
    $\frac1{n-1}\sum_{j\ne i} L_j + \frac{\lambda'}2\|\theta\|^2$.
    """
    return problem.decay * problem.n / (problem.n - 1)


def leverages(problem: Problem, theta: Array) -> Array:
    """h_i = x_iᵀ H⁻¹ x_i / n of linear or ridge regression, shape (n,); H includes the regulariser."""
    hessian = problem.hessian(theta, problem.weights())
    return np.einsum("ij,ji->i", problem.X, np.linalg.solve(hessian, problem.X.T)) / problem.n
