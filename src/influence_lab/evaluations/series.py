"""How far the blog's product form and its series are from the inverse that they stand for."""

import numpy as np
import pandas as pd

from influence_lab.attributions.upweighting import expansion
from influence_lab.curvature.neumann import neumann_sums, power_sum, product_form, spectral_radius, taylor_step
from influence_lab.models.theory import MODELS, Trained

Array = np.ndarray


def relative_gap(value: Array, exact: Array) -> float:
    """‖value − exact‖ / ‖exact‖, Frobenius for matrices."""
    return float(np.linalg.norm(value - exact) / np.linalg.norm(exact))


def product_and_first_term(a: Array, b: Array, beta: Array, scaled: Array) -> Array:
    """Relative errors against (a + εb)⁻¹εβ of the product (a + εb)εβ and of the first Neumann term εa⁻¹β.

    Args:
        a: ∇²R(θ̂), shape (p, p).
        b: ∇²L(z, θ̂), shape (p, p).
        beta: ∇L(z, θ̂), shape (p,).
        scaled: values of ερ(a⁻¹b), shape (k,).

    Returns:
        Shape (2, k). Where an expansion is right to first order its error goes to 0 with ε.
    """
    errors = []
    for epsilon in np.asarray(scaled) / spectral_radius(a, b):
        exact = -taylor_step(a, b, beta, epsilon)
        first = neumann_sums(a, b, beta, epsilon, 1)[0]
        errors.append([relative_gap(product_form(a, b, beta, epsilon), exact), relative_gap(first, exact)])
    return np.array(errors).T


def errors_by_terms(a: Array, b: Array, scaled: float, terms: int) -> Array:
    """Relative errors of the sums of 1, …, `terms` Neumann terms at one ερ(a⁻¹b), for all β at once.

    The sums are taken with the identity in the place of β, and the errors in the Frobenius norm. A single β may be
    nearly orthogonal to the component that grows fastest, and hide it for many terms.

    Args:
        a: ∇²R(θ̂), shape (p, p).
        b: ∇²L(z, θ̂), shape (p, p).
        scaled: ερ(a⁻¹b).
        terms: largest number of terms.

    Returns:
        Shape (terms,).
    """
    epsilon, every = scaled / spectral_radius(a, b), np.eye(len(a))
    exact = -taylor_step(a, b, every, epsilon)
    return np.linalg.norm(neumann_sums(a, b, every, epsilon, terms) - exact, axis=(1, 2)) / np.linalg.norm(exact)


def sum_gaps(a: Array, b: Array, scaled: float = 0.5) -> tuple[float, float]:
    """Relative gaps between A(I − A)⁻¹ and the sums of A^i from i = 0 and from i = 1, with A = −εa⁻¹b.

    Args:
        a: ∇²R(θ̂), shape (p, p).
        b: ∇²L(z, θ̂), shape (p, p).
        scaled: ρ(A) < 1.
    """
    A = -scaled / spectral_radius(a, b) * np.linalg.solve(a, b)
    exact = A @ np.linalg.inv(np.eye(len(A)) - A)
    return relative_gap(power_sum(A, 0), exact), relative_gap(power_sum(A, 1), exact)


def change_units(a: Array, b: Array, beta: Array, units: float | str) -> tuple[Array, Array, Array]:
    """The same a, b and β for parameters φ with θ = Sφ: SᵀaS, SᵀbS and Sᵀβ. No prediction of the model changes.

    Args:
        a: ∇²R(θ̂), shape (p, p).
        b: ∇²L(z, θ̂), shape (p, p).
        beta: ∇L(z, θ̂), shape (p,).
        units: the number s of S = sI, or `"whitened"` for S = a^(−1/2), in which units the Hessian is I.
    """
    if units == "whitened":
        values, vectors = np.linalg.eigh(a)
        S = vectors / np.sqrt(values) @ vectors.T
    else:
        S = units * np.eye(len(a))
    return S @ a @ S, S @ b @ S, S @ beta


def product_by_units(trained: dict[str, Trained], points: dict[str, Array], scaled: float) -> pd.DataFrame:
    """Relative error of the product form in four units of the same parameters, median over points; a row a model."""
    choices = {"as they are": 1.0, "s = 10": 10.0, "s = 1/10": 0.1, "whitened, a = I": "whitened"}

    def error(name: str, point: int, units: float | str) -> float:
        problem, theta, _, _ = trained[name]
        terms = change_units(*expansion(problem, theta, point), units)
        return product_and_first_term(*terms, np.array([scaled]))[0, 0]

    return pd.DataFrame(
        {"model": MODELS[name]}
        | {text: np.median([error(name, point, units) for point in points[name]]) for text, units in choices.items()}
        for name in trained
    )
