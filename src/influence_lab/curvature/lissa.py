"""LiSSA: an inverse times a vector from products alone, by a truncated Neumann series."""

from collections.abc import Callable

import numpy as np

Array = np.ndarray


class DivergedError(ArithmeticError):
    """The recursion grows without bound: the scale is below half of the largest eigenvalue."""


def lissa(product: Callable[[Array], Array], vector: Array, scale: float, depth: int) -> Array:
    r"""Approximate $A^{-1} v$ by `depth` steps of $v_{t+1} = v_0 + (I - A/s)\,v_t$, started at $v_0 = v$.

    After t steps $v_t = \sum_{i=0}^{t}(I - A/s)^i v_0 = s\,A^{-1}\bigl(I - (I - A/s)^{t+1}\bigr)v_0$. It converges for
    every v if and only if all eigenvalues a of A lie in (0, 2s), and then to $s\,A^{-1}v_0$; this function returns
    $v_t/s$. What is missing, $A^{-1}(I - A/s)^{t+1}v_0$, is a share $(1 - a/s)^{t+1}$ of each eigenvector's part: the
    flattest directions come last, after about s/a steps. (Agarwal, Bullins and Hazan 2017; Koh and Liang 2017, 3.
    The sum starts at i = 0: a docstring of torch-influence starts it at 1, which gives $(I - A)A^{-1}$ instead.)

    Args:
        product: v ↦ A v, for instance with A = G + λI; may be an average over a sample of the points.
        vector: v, shape (p,), or several as columns, shape (p, m).
        scale: s > λ_max(A)/2; s ≥ λ_max(A) approaches the limit from one side in every direction.
        depth: number of steps t, one product each.

    Returns:
        v_t / s, of the vector's shape.

    Raises:
        DivergedError: the result is not finite; raise the scale.

    >>> lissa(lambda v: np.array([1.0, 2.0]) * v, np.ones(2), scale=4.0, depth=200).round(12).tolist()
    [1.0, 0.5]
    """
    current = vector
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(depth):
            current = vector + current - product(current) / scale
    if not np.isfinite(current).all():
        raise DivergedError(
            f"LiSSA with scale {scale:g} grows without bound; it must exceed half the largest eigenvalue"
        )
    return current / scale
