r"""Clusters of candidates as the arms of a bandit, whose reward is how cheaply a sample is carried to a target."""

from dataclasses import dataclass
from math import lcm

import numpy as np
from scipy.optimize import linear_sum_assignment

Array = np.ndarray


def transport_cost(sample: Array, target: Array) -> float:
    r"""Exact optimal transport between two sets of unit vectors with uniform weights.

    $$\min_{P \ge 0} \sum_{ij} P_{ij} \tfrac12 \|x_i - y_j\|^2, \qquad P \mathbf 1 = \tfrac1a \mathbf 1,
    \quad P^\top \mathbf 1 = \tfrac1b \mathbf 1$$

    With $\tfrac12\|x - y\|^2 = 1 - x^\top y$, between 0 and 2. Each point is repeated until both sets have lcm(a, b)
    members; an assignment between them is then a vertex of the same polytope, and one of them is optimal (Birkhoff).

    Args:
        sample: a unit vectors, shape (a, d).
        target: b unit vectors, shape (b, d).
    """
    size = lcm(len(sample), len(target))
    costs = np.repeat(np.repeat(1 - sample @ target.T, size // len(sample), 0), size // len(target), 1)
    return float(costs[linear_sum_assignment(costs)].mean())


def aligned(documents: Array, questions: Array, ridge: float) -> Array:
    r"""The linear map M that carries embeddings of documents to those of the questions that they hold, shape (d, d).

    $$M = \arg\min_M \sum_i \|x_i M - y_i\|^2 + \rho\|M\|^2$$

    Args:
        documents: x, shape (n, d).
        questions: y, shape (n, d).
        ridge: ρ, positive.
    """
    return np.linalg.solve(documents.T @ documents + ridge * np.eye(documents.shape[1]), documents.T @ questions)


@dataclass(frozen=True)
class Explored:
    """What a bandit saw.

    Attributes:
        means: mean reward of each arm, shape (K,).
        scored: candidates whose embedding was compared with the target, in that order.
    """

    means: Array
    scored: Array


def explore(
    vectors: Array, clusters: Array, target: Array, pull: int, most: int, exploration: float, seed: int
) -> Explored:
    r"""Upper confidence bounds: each cluster once, then that with the largest $\bar r_k + c\sqrt{2\ln t/n_k}$.

    A pull draws candidates of a cluster that have not been drawn yet; its reward is the transport cost of their
    embeddings to the target's, with a minus sign. An arm whose candidates are all drawn is left.

    Args:
        vectors: unit embeddings of the candidates, shape (n, d).
        clusters: of each, 0 to K − 1, none empty, shape (n,).
        target: unit embeddings of the target, shape (m, d).
        pull: candidates a pull, or as many as the cluster has left.
        most: candidates that may be scored; every arm's first pull is made in any case.
        exploration: c, in units of the transport cost.
        seed: draws the candidates.
    """
    rng, arms = np.random.default_rng([seed, 1]), int(clusters.max()) + 1
    left = [rng.permutation(np.flatnonzero(clusters == arm)).tolist() for arm in range(arms)]
    rewards: list[list[float]] = [[] for _ in range(arms)]
    scored: list[int] = []
    while any(left) and (len(scored) < most or not all(rewards)):
        pulls, time = np.array([len(seen) for seen in rewards]), sum(map(len, rewards))
        if not pulls.all():
            arm = int(np.argmin(pulls))
        else:
            bounds = [np.mean(seen) + exploration * np.sqrt(2 * np.log(time) / len(seen)) for seen in rewards]
            arm = int(np.argmax(np.where([bool(rest) for rest in left], bounds, -np.inf)))
        drawn, left[arm] = left[arm][:pull], left[arm][pull:]
        rewards[arm].append(-transport_cost(vectors[drawn], target))
        scored += drawn
    return Explored(np.array([np.mean(seen) for seen in rewards]), np.array(scored))


def from_best_clusters(means: Array, clusters: Array, budget: int, seed: int) -> Array:
    """The members of the best clusters, one cluster after another, until the budget; in each in random order."""
    order = np.random.default_rng([seed, 2]).permutation(len(clusters))
    return order[np.argsort(-means[clusters[order]], kind="stable")][:budget]
