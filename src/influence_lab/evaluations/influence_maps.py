"""Which points the scores of a toy network pick: at the boundary, in a cluster, alike between networks."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from influence_lab.attributions.groups import kernel
from influence_lab.attributions.influence import solve
from influence_lab.evaluations.intervals import bootstrap_interval
from influence_lab.models.last_layer import last_layer
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray


def last_layer_maps(network: LogisticNetwork, centre: Array, damping: float) -> tuple[Array, Array]:
    """K between training points, and of a red centre with each of them, for the last layer.

    Args:
        network: the trained network with its training points.
        centre: a point of label 1, shape (2,); it is no training point.
        damping: λ beside the last layer's Hessian.

    Returns:
        Shapes (n, n) and (n,).
    """
    problem, theta = last_layer(network.network, network.theta, network.X, network.y)
    at_centre, _ = last_layer(network.network, network.theta, centre[None], np.ones(1))
    curvature = problem.hessian(theta, problem.weights()) + damping * np.eye(problem.size)
    gradients = problem.gradients(theta, problem.X, problem.y)
    of_centre = at_centre.gradients(theta, at_centre.X, at_centre.y)
    return kernel(gradients, curvature), (of_centre @ solve(curvature, gradients.T))[0]


def maps_over_seeds(networks: Sequence[LogisticNetwork], centre: Array, damping: float) -> tuple[Array, Array, Array]:
    """`last_layer_maps` of each network and the logits of its training points: shapes (seeds, n, n) and (seeds, n)."""
    kernels, of_centre = zip(*(last_layer_maps(each, centre, damping) for each in networks), strict=True)
    return np.array(kernels), np.array(of_centre), np.array([each.logits(each.X) for each in networks])


def top(scores: Array, count: int) -> Array:
    """The `count` largest scores along the last axis, as indices; ties by index."""
    return np.argsort(-scores, axis=-1, kind="stable")[..., :count]


def boundary_statistics(self_influence: Array, logits: Array, count: int) -> tuple[float, float]:
    """Whether large self-influence means a small |logit|.

    Returns:
        Spearman's correlation of self-influence with −|logit|, and the mean |logit| outside the top `count` minus that
        of the top.
    """
    distance = np.abs(logits)
    chosen = np.isin(np.arange(len(logits)), top(self_influence, count))
    gap = distance[~chosen].mean() - distance[chosen].mean()
    return float(spearmanr(self_influence, -distance).statistic), float(gap)


def damping_table(
    networks: Mapping[str, list[LogisticNetwork]], clusters: Array, centre: Array, dampings: list[float], count: int
) -> pd.DataFrame:
    """The statistics of B16 and B17 for the last layer and for all layers, and for each λ of a grid.

    For all layers, the curvature is G + λI with the Gauss-Newton matrix G of the whole network.

    Args:
        networks: by regularisation, one a seed.
        clusters: of the training points, shape (n,).
        centre: of cluster 0, shape (2,).
        dampings: λ.
        count: points in a top.

    Returns:
        Columns `layers` (last, all), `damping`, `regularisation`, `seed`, `boundary_spearman`, `top_margin_gap` and
        `cluster_share` (the share of the top points for the centre that lies in cluster 0).
    """
    rows = []
    for name, trained in networks.items():
        for seed, network in enumerate(trained):
            logits = network.logits(network.X)
            for layers in ("last", "all"):
                for damping, (own, of_centre) in zip(dampings, _scores(network, layers, centre, dampings), strict=True):
                    share = (clusters[top(of_centre, count)] == 0).mean()
                    rows.append((layers, damping, name, seed, *boundary_statistics(own, logits, count), share))
    return pd.DataFrame(
        rows,
        columns=[
            "layers",
            "damping",
            "regularisation",
            "seed",
            "boundary_spearman",
            "top_margin_gap",
            "cluster_share",
        ],
    )


def _scores(network: LogisticNetwork, layers: str, centre: Array, dampings: list[float]) -> list[tuple[Array, Array]]:
    """Self-influence, shape (n,), and K with the centre, shape (n,), for each λ, from one eigendecomposition."""
    block = network.network.blocks[-1] if layers == "last" else slice(None)
    values, vectors = np.linalg.eigh(network.gauss_newton()[block, block])
    gradients = network.train_gradients[:, block] @ vectors
    of_centre = network.loss_gradients(centre[None], np.ones(1))[0, block] @ vectors
    found = []
    for damping in dampings:
        weighted = gradients / (values + damping)
        found.append((np.sum(weighted * gradients, axis=1), weighted @ of_centre))
    return found


def overlaps(tops: Array, n: int) -> Array:
    """Jaccard overlap of index sets: for shape (sets, count) an array of shape (sets, sets)."""
    members = np.zeros((len(tops), n))
    np.put_along_axis(members, tops, 1.0, axis=1)
    common = members @ members.T
    return common / (members.sum(1)[:, None] + members.sum(1) - common)


def seed_overlaps(tops: Array, n: int) -> Array:
    """Overlaps between the tops of two trainings, shape (regularisations, seeds, regularisations, seeds).

    Args:
        tops: indices, shape (regularisations, seeds, count).
        n: points.
    """
    kinds, seeds, _ = tops.shape
    return overlaps(tops.reshape(kinds * seeds, -1), n).reshape(kinds, seeds, kinds, seeds)


def map_change(tops: Array, n: int) -> tuple[float, float]:
    """Mean overlap between two seeds of one regularisation, minus that between two regularisations.

    Both are over pairs of different seeds, so that a common start and batch order cannot make tops alike.

    Args:
        tops: indices, shape (regularisations, seeds, count).
        n: points.

    Returns:
        The difference and the half-width of its 95 % interval, bootstrapped over seeds.
    """
    kinds, seeds, _ = tops.shape
    between = seed_overlaps(tops, n)
    same = np.mean([between[kind, :, kind] for kind in range(kinds)], axis=0)  # (seeds, seeds)
    others = [between[a, :, b] for a in range(kinds) for b in range(kinds) if a != b]
    difference = same - np.mean(others, axis=0)

    def statistic(drawn: Array) -> Array:
        rows, columns = drawn, np.swapaxes(drawn, -1, -2)  # (..., seeds, 1) and (..., 1, seeds)
        different = rows != columns
        return (difference[rows, columns] * different).sum((-1, -2)) / np.maximum(different.sum((-1, -2)), 1)

    return bootstrap_interval(statistic, np.arange(seeds)[:, None])
