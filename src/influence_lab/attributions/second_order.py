r"""How the minimiser moves when a group is removed, to first and to second order.

Write $b = \frac1n\sum_U g$ and $B = \frac1n\sum_U \nabla^2 L$ for what the group U contributes to the gradient and to
the Hessian. The minimiser of the remaining losses solves $H\Delta - B\Delta + \frac12 T[\Delta, \Delta] = b$ up to
third order, with $T$ the third derivative of the mean loss, so that
$\Delta = H^{-1}b + H^{-1}BH^{-1}b - \frac12 H^{-1}T[H^{-1}b, H^{-1}b] + O(|U|^3)$.

A group can be removed in part: weight the sums by the share τ that goes, and count |U| as τ times its points. Every
function takes one group, shape (p,), or several at once, shape (k, p).
"""

from collections.abc import Callable

import numpy as np

from influence_lab.attributions.influence import solve

Array = np.ndarray


def first_order_step(gradient_sum: Array, curvature: Array, n: int) -> Array:
    r"""$\Delta_1 = \frac1n H^{-1}\sum_U g$, shape (..., p).

    Args:
        gradient_sum: $\sum_U g$, shape (..., p).
        curvature: H, shape (p, p).
        n: training points, the removed ones included.
    """
    return solve(curvature, gradient_sum.T).T / n


def pairwise_step(
    gradient_sum: Array, group_product: Callable[[Array], Array], curvature: Array, n: int, removed: float | Array
) -> Array:
    r"""Basu, You and Feizi 2020: $\frac{1-2q}{(1-q)^2}\Delta_1 + \frac{1}{(1-q)^2} H^{-1}B\Delta_1$ with $q = |U|/n$.

    The factors are 1 and 1 up to higher orders in q. Exact if the losses are quadratic and the group's mean Hessian is
    H; otherwise it lacks the third derivative, and its error is of second order like that of $\Delta_1$.

    Args:
        gradient_sum: $\sum_U g$, shape (..., p).
        group_product: $v \mapsto \sum_U \nabla^2 L\, v$, each group's own for its row, shape (..., p) to (..., p).
        curvature: H, shape (p, p).
        n: training points, the removed ones included.
        removed: |U|, less than n, shape (...).

    Returns:
        Δθ, shape (..., p).
    """
    q = np.asarray(removed)[..., None] / n
    first = first_order_step(gradient_sum, curvature, n)
    interaction = solve(curvature, group_product(first).T).T / n
    return ((1 - 2 * q) * first + interaction) / (1 - q) ** 2


def third_derivative_term(first: Array, contraction: Callable[[Array], Array], curvature: Array) -> Array:
    r"""$-\frac12 H^{-1} T[\Delta_1, \Delta_1]$, which makes the pairwise formula a true second-order expansion.

    Args:
        first: Δ₁, shape (..., p).
        contraction: $v \mapsto T[v, v]$, the second derivative of the mean gradient along v, (..., p) to (..., p).
        curvature: H, shape (p, p).
    """
    return -solve(curvature, contraction(first).T).T / 2
