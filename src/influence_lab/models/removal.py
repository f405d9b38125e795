"""Take points away from a ReLU network under the proximal Bregman objective, and say where that was not solved."""

import numpy as np
from scipy.optimize import minimize

from influence_lab.models.local_objective import LocalObjective, bregman, weights_of
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.retraining import one_thread
from influence_lab.models.retraining_work import Training
from influence_lab.models.toy import toy_network

Array = np.ndarray
LEFT = 0.1  # a solve counts if what is left of the gradient can move θ by at most this share of the response


def removal_responses(network: LogisticNetwork, points: Array, damping: float) -> dict[str, Array]:
    r"""Minima of the proximal Bregman objective (Bae et al. 2022) with ε = −1/n for each of some points.

    Args:
        network: at θ^s.
        points: indices of the points taken away, shape (k,).
        damping: λ.

    Returns:
        `theta` of shape (k, p). `left` of shape (k,): $\|\nabla Q\|/\lambda$ over $\|\theta - \theta^s\|$, where the
        numerator bounds the distance to the minimum if the objective is λ-strongly convex on the way. `converged`:
        whether `left` is at most 0.1. A search that ends at a kink of a ReLU keeps a gradient, and does not count.
    """
    start = np.linalg.inv(network.gauss_newton() + damping * np.eye(len(network.theta)))
    n, thetas, left = len(network.X), [], []
    for point in points:
        objective = bregman(network, damping, weights_of(n, int(point), -1 / n))
        thetas.append(minimise_from_anchor(objective, start))
        moved = np.linalg.norm(thetas[-1] - network.theta)
        left.append(np.linalg.norm(objective.gradient(thetas[-1])) / damping / max(moved, np.finfo(float).tiny))
    return {"theta": np.stack(thetas), "left": np.array(left), "converged": np.array(left) <= LEFT}


def minimise_from_anchor(objective: LocalObjective, inverse: Array) -> Array:
    """BFGS from θ^s, started with the inverse of the Gauss-Newton matrix: a quadratic would take one step.

    It needs no second derivatives, which at a kink say nothing about the other side. The objective is divided by its
    first gradient's norm, so that the stopping rule is relative: responses span many orders of magnitude.

    Args:
        objective: to be minimised.
        inverse: (G + λI)⁻¹ at θ^s, shape (p, p).

    Returns:
        The last θ, shape (p,).
    """
    size = np.linalg.norm(objective.gradient(objective.anchor))
    if size == 0:
        return objective.anchor
    inverse = (inverse + inverse.T) / 2 * size
    found = minimize(
        lambda theta: objective.value(theta) / size,
        objective.anchor,
        jac=lambda theta: objective.gradient(theta) / size,
        method="BFGS",
        options={"gtol": 1e-6, "maxiter": 200, "hess_inv0": inverse},
    )
    return found.x


def toy_removals(
    data: dict[str, Array], thetas: Array, training: Training, removed: int, damping: float
) -> dict[str, Array]:
    """Removal responses of the toy network for points drawn anew for each seed.

    Args:
        data: arrays of `toy_data`.
        thetas: trained networks, shape (seeds, p).
        training: gives the network.
        removed: points a seed, or all where there are fewer.
        damping: λ.

    Returns:
        `points`, `left` and `converged` of shape (seeds, k), `theta` of shape (seeds, k, p).
    """
    n, found = len(data["X_train"]), []
    with one_thread():
        for seed, theta in enumerate(thetas):
            points = np.random.default_rng([seed, 3]).choice(n, min(removed, n), replace=False)
            network = toy_network(data, training, theta)
            found.append({"points": points} | removal_responses(network, points, damping))
    return {name: np.stack([one[name] for one in found]) for name in found[0]}
