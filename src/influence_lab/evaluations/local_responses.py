"""Responses of a trained network to the removal of points: proximal, proximal Bregman, its linearisation, LiSSA."""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.influence import parameter_influence
from influence_lab.curvature.lissa import lissa
from influence_lab.models.local_objective import bregman, proximal, weights_of
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.proximal import LocalFit, descend, solve_local

Array = np.ndarray


class LocalResponses(NamedTuple):
    """Solutions for k removed points.

    Attributes:
        proximal_all: the proximal problem with all points.
        proximal: without each of them.
        pbrf: the proximal Bregman problem without each of them.
        linear: θ^s + (G + λI)⁻¹ g_j / n, shape (k, p).
        lissa: the same, the system solved by LiSSA, shape (k, p).
    """

    proximal_all: LocalFit
    proximal: list[LocalFit]
    pbrf: list[LocalFit]
    linear: Array
    lissa: Array


def local_responses(model: LogisticNetwork, damping: float, points: Array, depth: int) -> LocalResponses:
    """Solve every local problem of a trained network at ε = −1/n.

    The proximal problem with all points is solved from θ^s; those without a point start at its solution, so that they
    end in the same basin. The proximal Bregman problems start at θ^s, which solves them at ε = 0.

    Args:
        model: at θ^s.
        damping: λ.
        points: training points to remove, shape (k,).
        depth: of LiSSA, whose scale is the largest eigenvalue.
    """
    n, theta = len(model.X), model.theta
    whole = proximal(model, damping, weights_of(n))
    solved = solve_local(whole, descend(whole, theta))
    hessian = whole.hessian(solved.theta)
    damped = whole.gauss_newton(theta)  # G + λI, the same for both objectives: w = 1
    removed = [weights_of(n, point, -1 / n) for point in points]
    gradients = model.train_gradients[points]
    scale = float(np.linalg.eigvalsh(damped)[-1])
    return LocalResponses(
        solved,
        [solve_local(proximal(model, damping, weights), solved.theta, hessian) for weights in removed],
        [solve_local(bregman(model, damping, weights), theta, damped) for weights in removed],
        theta - parameter_influence(gradients, damped) / n,
        theta + lissa(lambda v: damped @ v, gradients.T, scale, depth).T / n,
    )


def tangent_errors(model: LogisticNetwork, damping: float, points: Array, step: float = 3e-5) -> Array:
    """Relative distance between the derivative of solved proximal Bregman responses and −(G + λI)⁻¹ g_j.

    The derivative at ε = 0 is the central difference with steps h and h/2, extrapolated, so that its error is of order
    h⁴; problems are solved to a gradient norm of 1e-13.

    Args:
        model: at θ^s, converged or not.
        damping: λ.
        points: shape (k,).
        step: h, in units of ε.

    Raises:
        ArithmeticError: a problem did not converge.
    """
    damped = bregman(model, damping, weights_of(len(model.X))).gauss_newton(model.theta)
    tangents = parameter_influence(model.train_gradients[points], damped)

    def difference(point: int, tangent: Array, h: float) -> Array:
        ends = []
        for epsilon in (h, -h):
            objective = bregman(model, damping, weights_of(len(model.X), point, epsilon))
            fit = solve_local(objective, model.theta + epsilon * tangent, damped, tolerance=1e-13)
            if not fit.converged:
                raise ArithmeticError(f"point {point}: gradient norm {fit.gradient_norm:.1e}, wanted 1e-13")
            ends.append(fit.theta)
        return (ends[0] - ends[1]) / (2 * h)

    errors = []
    for point, tangent in zip(points, tangents, strict=True):
        found = (4 * difference(point, tangent, step / 2) - difference(point, tangent, step)) / 3
        errors.append(np.linalg.norm(found - tangent) / np.linalg.norm(tangent))
    return np.array(errors)
