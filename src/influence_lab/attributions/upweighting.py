"""What the up-weighting of one training point consists of, and which points to up-weight."""

import numpy as np

from influence_lab.curvature.neumann import spectral_radius
from influence_lab.models.problem import Array, Problem


def expansion(problem: Problem, theta: Array, point: int) -> tuple[Array, Array, Array]:
    """Return a = ∇²R(θ̂), b = ∇²L(z, θ̂) and β = ∇L(z, θ̂) of one training point, shapes (p, p), (p, p) and (p,)."""
    one = problem.X[point : point + 1], problem.y[point : point + 1]
    return (
        problem.hessian(theta, problem.weights()),
        problem.hessians(theta, *one)[0],
        problem.gradients(theta, *one)[0],
    )


def radii(problem: Problem, theta: Array) -> Array:
    """ρ(a⁻¹b_i) of every training point, shape (n,)."""
    a = problem.hessian(theta, problem.weights())
    return np.array([spectral_radius(a, b) for b in problem.hessians(theta, problem.X, problem.y)])


def draw_points(radius: Array, count: int, seed: int) -> Array:
    """Indices drawn without replacement among the quarter of the points with the largest ρ(a⁻¹b).

    A point with a tiny ρ is of no use here: |ε|ρ = 0.1 would then give it more weight than all other points together.

    Raises:
        ValueError: the quarter holds fewer than `count` points.
    """
    candidates = np.flatnonzero(radius >= np.quantile(radius, 0.75))
    if count > len(candidates):
        raise ValueError(f"{count} points wanted, {len(candidates)} in the upper quarter of {len(radius)}")
    return np.sort(np.random.default_rng(seed).choice(candidates, count, replace=False))
