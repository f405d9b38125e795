"""Take points away from a ReLU network under the proximal Bregman objective, and say where that was not solved."""

import numpy as np

from influence_lab.models.kinks import Search, search
from influence_lab.models.local_objective import LocalObjective, bregman, weights_of
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.retraining import one_thread
from influence_lab.models.retraining_work import Training
from influence_lab.models.toy import toy_network

Array = np.ndarray
LEFT = 0.1  # a solve counts if what is left of the gradient can move θ by at most this share of the response
NEAR = 1e-3  # of the response: gradients so near to the end are combined


def removal_responses(network: LogisticNetwork, points: Array, damping: float) -> dict[str, Array]:
    r"""Minima of the proximal Bregman objective (Bae et al. 2022) with ε = −1/n for each of some points.

    Args:
        network: at θ^s.
        points: indices of the points taken away, shape (k,).
        damping: λ.

    Returns:
        `theta` of shape (k, p). `left` of shape (k,): $\|g\|/\lambda$ over $\|\theta - \theta^s\|$, where g is the
        shortest convex combination of the gradients ∇Q within a thousandth of the response from θ. That bounds the
        distance to the minimum if the objective is λ-strongly convex on the way. `gradient` of shape (k,): the same
        with the gradient at θ itself, which stays where a minimum lies at the kink of a ReLU. `converged`: whether
        `left` is at most 0.1. Responses near 1e-9 and below drown in rounding, and do not count.
    """
    inverse = np.linalg.inv(network.gauss_newton() + damping * np.eye(len(network.theta)))
    n, thetas, left, gradient = len(network.X), [], [], []
    for point in points:
        objective = bregman(network, damping, weights_of(n, int(point), -1 / n))
        found = minimise_from_anchor(objective, (inverse + inverse.T) / 2)
        thetas.append(found.path[-1])
        reach = max(damping * np.linalg.norm(found.path[-1] - network.theta), np.finfo(float).tiny)
        left.append(found.stationarity(NEAR) / reach)
        gradient.append(np.linalg.norm(found.gradients[-1]) / reach)
    left, gradient = np.array(left), np.array(gradient)
    return {"theta": np.stack(thetas), "left": left, "gradient": gradient, "converged": left <= LEFT}


def minimise_from_anchor(objective: LocalObjective, inverse: Array) -> Search:
    """BFGS from θ^s, started with the inverse of the Gauss-Newton matrix: a quadratic would take one step.

    It needs no second derivatives, which at a kink say nothing about the other side. The objective is divided by its
    first gradient's norm, so that the stopping rule is relative: responses span many orders of magnitude.

    Args:
        objective: to be minimised.
        inverse: (G + λI)⁻¹ at θ^s, symmetric, shape (p, p).

    Returns:
        The way, with the gradients of the objective itself.
    """
    size = max(np.linalg.norm(objective.gradient(objective.anchor)), np.finfo(float).tiny)
    found = search(
        lambda theta: objective.value(theta) / size,
        lambda theta: objective.gradient(theta) / size,
        objective.anchor,
        inverse * size,
    )
    return found._replace(gradients=found.gradients * size)


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
        `points`, `left`, `gradient` and `converged` of shape (seeds, k), `theta` of shape (seeds, k, p).
    """
    n, found = len(data["X_train"]), []
    with one_thread():
        for seed, theta in enumerate(thetas):
            points = np.random.default_rng([seed, 3]).choice(n, min(removed, n), replace=False)
            network = toy_network(data, training, theta)
            found.append({"points": points} | removal_responses(network, points, damping))
    return {name: np.stack([one[name] for one in found]) for name in found[0]}
