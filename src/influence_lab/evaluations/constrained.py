"""Relative influence as what it stands for: the largest change of f under a bound, found by training again."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from influence_lab.attributions.influence import parameter_influence
from influence_lab.models.problem import Array, Problem
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.relative_influence import World

Constraint = Callable[[Array], float]


def parameter_length(theta: Array) -> Constraint:
    r"""The constraint of θ-RelatIF, $\|\theta_\varepsilon - \hat\theta\|$, as a function of $\theta_\varepsilon$."""
    return lambda moved: float(np.linalg.norm(moved - theta))


def expected_loss_change(problem: Problem, theta: Array, labels: Sequence[float]) -> Constraint:
    r"""The constraint of ℓ-RelatIF, $\sqrt{\mathbb{E}[(L(z,\theta_\varepsilon) - L(z,\hat\theta))^2]}$.

    The expectation is over the training inputs and over labels drawn from the model at θ̂, taken exactly: each label of
    each input, weighted by its probability $e^{-L}$. No gradient and no Hessian enters.

    Args:
        problem: a problem whose loss is a negative log-likelihood.
        theta: θ̂.
        labels: all labels that the model can draw.
    """
    before = {label: problem.losses(theta, problem.X, np.full(problem.n, label)) for label in labels}

    def root_mean_square(moved: Array) -> float:
        squares = [
            np.mean(np.exp(-old) * (problem.losses(moved, problem.X, np.full(problem.n, label)) - old) ** 2)
            for label, old in before.items()
        ]
        return float(np.sqrt(np.sum(squares)))

    return root_mean_square


def fisher_information(problem: Problem, theta: Array, labels: Sequence[float]) -> Array:
    r"""$F = \mathbb{E}[\nabla L\,\nabla L^\top]$ over the training inputs and the model's own labels, shape (p, p)."""
    total = np.zeros((problem.size, problem.size))
    for label in labels:
        y = np.full(problem.n, label)
        gradients = problem.gradients(theta, problem.X, y)
        total += gradients.T @ (np.exp(-problem.losses(theta, problem.X, y))[:, None] * gradients) / problem.n
    return total


def literal_ell_normaliser(world: World) -> Array:
    r"""The root mean square response of the losses with the Fisher information as it is, $\sqrt{s_i^\top F s_i}$.

    $s_i = H^{-1}g_i$. It equals ℓ-RelatIF's $\sqrt{g_i^\top H^{-1} g_i}$ when F = H, and is smaller when a
    regulariser is part of H. Shape (n,).
    """
    fisher = fisher_information(world.problem, world.theta, np.unique(world.problem.y).tolist())
    responses = parameter_influence(world.gradients, world.hessian)
    return np.sqrt(np.sum((responses @ fisher) * responses, axis=1))


def largest_change(
    problem: Problem, theta: Array, point: int, value: Callable[[Array], Array], constraint: Constraint, bound: float
) -> tuple[Array, float]:
    r"""Solve max |f(θ_ε) − f(θ̂)| over ε of either sign, subject to constraint(θ_ε) ≤ bound.

    Along $\theta_\varepsilon$ both sides grow with |ε|, so the maximum lies where the bound is met. That |ε| is found
    by rescaling and refitting, starting from a tiny weight, without using the influence formula.

    Args:
        problem: the training problem.
        theta: θ̂, its minimiser.
        point: the training point to up-weight.
        value: the measurements f as a function of θ, shape (m,).
        constraint: its value at θ_ε; zero at θ̂.
        bound: δ > 0, small.

    Returns:
        Changes of f at the two ends ε > 0 and ε < 0, half their difference: shape (m,), signed as for ε > 0, free of
        the terms in δ²; and the larger relative miss of the bound.
    """
    ends, misses = [], []
    for sign in (1.0, -1.0):
        epsilon, moved = sign * 1e-6, theta
        for _ in range(20):
            moved = minimise(problem, moved, problem.weights(point, epsilon)).theta
            reached = constraint(moved)
            if abs(reached / bound - 1) < 1e-11:
                break
            epsilon *= bound / reached
        ends.append(value(moved))
        misses.append(abs(reached / bound - 1))
    return (ends[0] - ends[1]) / 2, max(misses)


def constrained_maxima(
    problem: LogisticRegression, theta: Array, points: Array, value: Callable[[Array], Array], bound: float
) -> pd.DataFrame:
    r"""`largest_change` under both constraints for several training points, over δ, extrapolated to δ → 0.

    With the ends at ±ε averaged, the error is of order δ²; the values at δ and 2δ cancel it.

    Args:
        problem: logistic regression without regulariser, for which the Fisher information is the Hessian.
        theta: θ̂.
        points: training points.
        value: the measurements, shape (m,).
        bound: δ, in parameter length, and in nats for the losses.

    Returns:
        Columns `constraint` (theta, ell), `point`, `measurement`, `change` (over δ) and `miss` (of the bound).
    """
    rows = []
    constraints = {"theta": parameter_length(theta), "ell": expected_loss_change(problem, theta, (0.0, 1.0))}
    for name, constraint in constraints.items():
        for point in points:
            (one, miss_one), (two, miss_two) = (
                largest_change(problem, theta, point, value, constraint, size) for size in (bound, 2 * bound)
            )
            changes = (4 * one / bound - two / (2 * bound)) / 3
            rows += [(name, point, number, change, max(miss_one, miss_two)) for number, change in enumerate(changes)]
    return pd.DataFrame(rows, columns=["constraint", "point", "measurement", "change", "miss"])
