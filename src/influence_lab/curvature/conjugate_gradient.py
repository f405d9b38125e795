"""Solve with a matrix that is known only by what it does to a vector."""

from collections.abc import Callable

import numpy as np

Array = np.ndarray


class NotSolvedError(RuntimeError):
    """Conjugate gradient ended above its tolerance; the message gives the residual and what to do."""


def conjugate_gradient(
    product: Callable[[Array], Array], vector: Array, tolerance: float = 1e-10, iterations: int | None = None
) -> Array:
    r"""Inverse-Hessian-vector product: $x$ with $Cx = v$, from products $u \mapsto Cu$ alone.

    Hestenes and Stiefel 1952. In exact arithmetic it ends after as many steps as C has distinct eigenvalues; the error
    shrinks at least by $(\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ a step, with κ the condition number.

    Args:
        product: C u of a vector u of shape (p,), C symmetric and positive definite.
        vector: v, shape (p,).
        tolerance: on the residual $\|Cx - v\| / \|v\|$.
        iterations: most products to take, default 10 p; rounding makes more than p of use.

    Returns:
        x, shape (p,).

    Raises:
        NotSolvedError: the residual is still above the tolerance, or a direction has no positive curvature.

    >>> conjugate_gradient(lambda u: np.array([1.0, 4.0]) * u, np.array([1.0, 1.0])).tolist()
    [1.0, 0.25]
    """
    solution = np.zeros_like(vector)
    residual, direction = vector.copy(), vector.copy()
    squared, goal = residual @ residual, tolerance**2 * (vector @ vector)
    limit = 10 * len(vector) if iterations is None else iterations
    for _ in range(limit):
        if squared <= goal:
            break
        image = product(direction)
        curvature = direction @ image
        if curvature <= 0:
            raise NotSolvedError(f"uᵀCu = {curvature:.2g} for a direction u, need > 0: add damping (C + λI)")
        step = squared / curvature
        solution += step * direction
        residual -= step * image
        before, squared = squared, residual @ residual
        direction = residual + squared / before * direction
    if squared > goal:
        relative = np.sqrt(squared / (vector @ vector))
        raise NotSolvedError(
            f"relative residual {relative:.1e} after {limit} products, wanted {tolerance:.0e}: "
            "allow more iterations, or add damping (C + λI)"
        )
    return solution
