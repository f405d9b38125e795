"""Refits with an up-weighted point, beside what the formulas say of them."""

import numpy as np
import pandas as pd

from influence_lab.attributions.influence import parameter_influence
from influence_lab.attributions.measurements import Measurement
from influence_lab.attributions.upweighting import expansion
from influence_lab.curvature.neumann import neumann_sums, spectral_radius, taylor_step
from influence_lab.models.problem import Array, Problem
from influence_lab.models.refit import Fit, extremes, minimise

TERMS = 4
CENTRAL = {-2: 1 / 12, -1: -8 / 12, 1: 8 / 12, 2: -1 / 12}  # coefficients of f(kε) in ε f′(0)


def responses(problem: Problem, theta: Array, points: Array, scaled: Array) -> pd.DataFrame:
    """Refit with each point up-weighted by ±ε, and the error of each approximation of θ_ε − θ̂.

    Args:
        problem: the training problem.
        theta: θ̂, its minimiser, shape (p,).
        points: indices of training points.
        scaled: values of |ε|ρ(a⁻¹b), each refitted with both signs.

    Returns:
        A row for each point and ε with `gradient_norm` and `curvature` of the refit, the norm of the refitted
        `step`, the error of the Taylor step (`taylor`), of the sums of K Neumann terms against the refit
        (`refit_K`; K = 1 is the first-order step) and against (a + εb)⁻¹εβ (`neumann_K`).
    """
    rows = []
    for point in points:
        a, b, beta = expansion(problem, theta, point)
        radius = spectral_radius(a, b)
        for size in scaled / radius:
            for epsilon in (-size, size):
                fit = minimise(problem, theta, problem.weights(point, epsilon))
                step, taylor = fit.theta - theta, taylor_step(a, b, beta, epsilon)
                sums = neumann_sums(a, b, beta, epsilon, TERMS)
                row = {"point": point, "epsilon": epsilon, "scaled": epsilon * radius, "step": np.linalg.norm(step)}
                row |= {"gradient_norm": fit.gradient_norm, "curvature": fit.curvature}
                row["taylor"] = np.linalg.norm(step - taylor)
                row |= {f"refit_{k}": np.linalg.norm(step + total) for k, total in enumerate(sums, 1)}
                row |= {f"neumann_{k}": np.linalg.norm(taylor + total) for k, total in enumerate(sums, 1)}
                rows.append(row)
    return pd.DataFrame(rows)


def central_refits(problem: Problem, theta: Array, point: int, epsilon: float) -> list[Fit]:
    """The refits at −2ε, −ε, ε and 2ε that `central_difference` takes."""
    return [minimise(problem, theta, problem.weights(point, k * epsilon)) for k in CENTRAL]


def central_difference(values: list[Array] | list[float], epsilon: float) -> Array | float:
    """Derivative at ε = 0 from the values at −2ε, −ε, ε and 2ε, with an error of order ε⁴."""
    return sum(c * value for c, value in zip(CENTRAL.values(), values, strict=True)) / epsilon


def finite_differences(
    problem: Problem, theta: Array, points: Array, functions: list[Measurement], scaled_step: float
) -> pd.DataFrame:
    r"""Central differences along refits beside the formula: $(8[f]_\varepsilon - [f]_{2\varepsilon}) / 12\varepsilon$.

    Here $[f]_\varepsilon = f(\theta_\varepsilon) - f(\theta_{-\varepsilon})$. The error is of order ε⁴: a step large
    enough to stay clear of rounding is small enough, even where the terms of an influence nearly cancel.

    Args:
        problem: the training problem.
        theta: θ̂, shape (p,).
        points: indices of training points.
        functions: what is measured.
        scaled_step: |ε|ρ(a⁻¹b).

    Returns:
        A row for each point and function: `difference`, `formula` −∇fᵀH⁻¹g, `chain` (∇f times the difference of θ),
        `parameters` (relative gap between −H⁻¹g and the difference of θ), and of the refits the largest
        `gradient_norm` and the smallest `curvature`.
    """
    rows = []
    for point in points:
        a, b, beta = expansion(problem, theta, point)
        epsilon = scaled_step / spectral_radius(a, b)
        fits = central_refits(problem, theta, point, epsilon)
        gradient_norm, curvature = extremes(fits)
        slope = central_difference([fit.theta for fit in fits], epsilon)
        direction = parameter_influence(beta[None], a)[0]
        for f in functions:
            gradient = f.gradient(theta)
            rows.append(
                {
                    "point": point,
                    "function": f.name,
                    "difference": central_difference([f.value(fit.theta) for fit in fits], epsilon),
                    "formula": gradient @ direction,
                    "chain": gradient @ slope,
                    "parameters": np.linalg.norm(slope - direction) / np.linalg.norm(direction),
                    "gradient_norm": gradient_norm,
                    "curvature": curvature,
                }
            )
    return pd.DataFrame(rows)


def response_curve(
    problem: Problem, theta: Array, point: int, function: Measurement, epsilons: Array
) -> tuple[Array, tuple[float, float]]:
    """Value of a function of the model after a refit at each ε, shape (k,), and the `extremes` of the refits."""
    fits = [minimise(problem, theta, problem.weights(point, epsilon)) for epsilon in epsilons]
    return np.array([function.value(fit.theta) for fit in fits]), extremes(fits)
