r"""From the Taylor step to its first order: the series that expands $(a + \varepsilon b)^{-1}\varepsilon\beta$.

Throughout, a is the Hessian of the objective, b the Hessian of the up-weighted loss, β its gradient (blog, 1.1.2.3).
"""

import numpy as np
from scipy.linalg import eigvalsh

Array = np.ndarray


def taylor_step(a: Array, b: Array, beta: Array, epsilon: float) -> Array:
    r"""Taylor step $-(a + \varepsilon b)^{-1}\varepsilon\beta$ for $\theta_\varepsilon - \hat\theta$, shape (p,).

    Blog, 1.1.2.2. Exact for quadratic losses, else with an error of order ε².

    Args:
        a: ∇²R(θ̂), symmetric positive definite, shape (p, p).
        b: ∇²L(z, θ̂), symmetric, shape (p, p).
        beta: ∇L(z, θ̂), shape (p,), or several as columns, shape (p, m).
        epsilon: ε, the weight added to the loss of z.

    Raises:
        numpy.linalg.LinAlgError: a + εb is singular, as at ε = −1/ρ(a⁻¹b) when b is positive semi-definite.
    """
    return -np.linalg.solve(a + epsilon * b, epsilon * beta)


def neumann_sums(a: Array, b: Array, beta: Array, epsilon: float, terms: int) -> Array:
    r"""Partial sums of the series $\sum_{i\ge0} (-\varepsilon a^{-1}b)^i\,\varepsilon a^{-1}\beta$ of (a + εb)⁻¹εβ.

    They converge for every β if and only if |ε| ρ(a⁻¹b) < 1; the error of K terms is then of order ε^(K+1).

    Args:
        a: ∇²R(θ̂), symmetric positive definite, shape (p, p).
        b: ∇²L(z, θ̂), symmetric, shape (p, p).
        beta: ∇L(z, θ̂), shape (p,), or several as columns, shape (p, m).
        epsilon: ε.
        terms: largest number of terms K ≥ 1.

    Returns:
        Row K − 1 holds the sum of K terms, shape (terms, p) or (terms, p, m).
        The first row is ε a⁻¹β, which influence functions keep.

    >>> neumann_sums(np.eye(1), np.eye(1), np.ones(1), 0.5, 3).ravel().tolist()
    [0.5, 0.25, 0.375]
    """
    term = np.linalg.solve(a, epsilon * beta)
    ratio = -epsilon * np.linalg.solve(a, b)
    sums = [term]
    for _ in range(terms - 1):
        term = ratio @ term
        sums.append(sums[-1] + term)
    return np.array(sums)


def spectral_radius(a: Array, b: Array) -> float:
    r"""$\rho(a^{-1}b)$, the largest absolute eigenvalue; its inverse is the radius of convergence in |ε|.

    For least squares and ε = −1/n, |ε|ρ is the leverage of the point.

    Raises:
        numpy.linalg.LinAlgError: a is not positive definite.
    """
    return float(np.abs(eigvalsh(b, a)).max())


def product_form(a: Array, b: Array, beta: Array, epsilon: float) -> Array:
    r"""Product $(a + \varepsilon b)\,\varepsilon\beta$, which the blog writes for the inverse, shape (p,)."""
    return (a + epsilon * b) @ (epsilon * beta)


def power_sum(A: Array, first: int, terms: int = 200) -> Array:
    r"""Sum of the powers A^i from `first` to `terms`: from 0 $(I-A)^{-1}$, from 1 $A(I-A)^{-1}$, if ρ(A) < 1."""
    power = np.linalg.matrix_power(A, first)
    total = power.copy()
    for _ in range(first, terms):
        power = power @ A
        total += power
    return total
