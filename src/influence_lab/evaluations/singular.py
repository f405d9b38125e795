"""Influence where the Hessian is singular because directions of the parameters change nothing."""

import numpy as np
import pandas as pd

from influence_lab.attributions.measurements import Measurement
from influence_lab.attributions.upweighting import expansion
from influence_lab.evaluations.responses import central_difference, central_refits
from influence_lab.models.problem import Array, Problem


def pseudo_inverse(curvature: Array) -> tuple[Array, int]:
    """H⁺ and the rank of H; eigenvalues below 1e-12 of the largest are rounding (about p · 2.2e-16).

    >>> inverse, rank = pseudo_inverse(np.diag([4.0, 0.0]))
    >>> inverse.tolist(), rank
    ([[0.25, 0.0], [0.0, 0.0]], 1)
    """
    values, vectors = np.linalg.eigh(curvature)
    kept = np.abs(values) > 1e-12 * np.abs(values).max()
    return vectors[:, kept] / values[kept] @ vectors[:, kept].T, int(kept.sum())


def outside_range(curvature: Array, vectors: Array) -> Array:
    """‖v − HH⁺v‖ / ‖v‖ of each row v, shape (m,): 0 when v is in the range of H, 1 when it is orthogonal to it."""
    inside = vectors @ pseudo_inverse(curvature)[0] @ curvature
    return np.linalg.norm(vectors - inside, axis=1) / np.linalg.norm(vectors, axis=1)


def singular_differences(
    problem: Problem, theta: Array, points: Array, functions: list[Measurement], scaled_step: float
) -> pd.DataFrame:
    """Central differences of functions of the model along refits, beside −∇fᵀH⁺g with the pseudo-inverse.

    The refits move all parameters freely; nothing projects them.

    Args:
        problem: the training problem.
        theta: θ̂, shape (p,).
        points: indices of training points.
        functions: what is measured; they must not depend on the directions that change nothing.
        scaled_step: |ε|ρ(a⁺b).

    Returns:
        A row for each point and function: `point`, `function`, `difference` and `formula`.
    """
    rows = []
    for point in points:
        a, b, beta = expansion(problem, theta, point)
        inverse, _ = pseudo_inverse(a)
        epsilon = scaled_step / np.abs(np.linalg.eigvals(inverse @ b)).max()
        fits = central_refits(problem, theta, point, epsilon)
        for f in functions:
            difference = central_difference([f.value(fit.theta) for fit in fits], epsilon)
            row = {"point": point, "function": f.name, "difference": difference}
            rows.append(row | {"formula": -f.gradient(theta) @ inverse @ beta})
    return pd.DataFrame(rows)
