"""Are unseen clusters recovered? Draws with two to five unequal discs, the oracle-free rule, and plain clustering."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from influence_lab.attributions.functioning_groups import grow, last_layer_features, unit
from influence_lab.attributions.group_partition import functioning_partition, pooled
from influence_lab.data.toy import toy_data
from influence_lab.evaluations.clustering import k_means, spectral
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_work import Training, make_work
from influence_lab.models.toy import toy_network

Array = np.ndarray

TUNING_SEED = 100  # draws from this number on chose the rule
JUDGING_SEED = 1000  # draws from this number on judge it, and were drawn for nothing else
DISCS = (2, 3, 4, 5)


def unequal_discs(seed: int, test_points: int = 10) -> dict[str, Array]:
    """A toy set with 2 to 5 red discs, in turn, of unequal radii (0.2 to 0.7) and sizes (30 to 120 points).

    Centres lie in a square of side 3.2; discs are drawn again until all are 0.2 or more apart. There are as many blue
    points as red ones, 0.05 or more away from the discs.
    """
    rng = np.random.default_rng([seed, 5])
    discs = DISCS[seed % len(DISCS)]
    while True:
        centres, radii = rng.uniform(-1.6, 1.6, (discs, 2)), rng.uniform(0.2, 0.7, discs)
        apart = np.linalg.norm(centres[:, None] - centres, axis=2) - radii[:, None] - radii
        if (apart[np.triu_indices(discs, 1)] >= 0.2).all():
            break
    sizes = rng.integers(30, 121, discs)
    x, y = centres.T.tolist()
    return toy_data(seed, sizes.tolist(), x, y, radii.tolist(), int(sizes.sum()), 0.5, 0.05, test_points)


def recovery(training: Training, draws: int, networks: int, damping: float, neighbours: int) -> pd.DataFrame:
    """Adjusted Rand index over the red points of every method on every draw.

    Args:
        training: of the networks.
        draws: unseen draws.
        networks: trained on each draw, whose cosine influence is averaged.
        damping: λ of the curvature.
        neighbours: k of the rule's links, and of the spectral baseline's graph.

    Returns:
        Columns draw, discs, method, groups (how many the method found) and rand.
    """
    rows = []
    for draw in range(draws):
        data = unequal_discs(JUDGING_SEED + draw)
        for method, labels in methods(data, training, networks, damping, neighbours).items():
            truth = data["cluster_train"][data["y_train"] == 1]
            found = {"groups": len(np.unique(labels)), "rand": adjusted_rand_score(truth, labels)}
            rows.append({"draw": draw, "discs": len(data["centres"]), "method": method} | found)
    return pd.DataFrame(rows)


def methods(
    data: Mapping[str, Array], training: Training, networks: int, damping: float, neighbours: int
) -> dict[str, Any]:
    """Labels of the red points by each method: the rule, its ablations, and the baselines on two kinds of points."""
    red = data["y_train"] == 1
    features = cosine_features(data, training, networks, damping)
    rule = {
        "rule": functioning_partition(features, data["y_train"], neighbours)[red],
        "rule, one network": functioning_partition(
            cosine_features(data, training, 1, damping), data["y_train"], neighbours
        )[red],
        "inequality": partition_by_inequality(features[red]),
    }
    clusters = len(data["centres"])
    found = {}
    for place, points in (("coordinates", data["X_train"][red]), ("influence", features[red])):
        for oracle, count in (("", None), (", true k", clusters)):
            found[f"k-means, {place}{oracle}"] = k_means(points, count)
            found[f"spectral, {place}{oracle}"] = spectral(points, neighbours, count)
    return rule | found


def cosine_features(data: Mapping[str, Array], training: Training, networks: int, damping: float) -> Array:
    """Features of the mean cosine influence of networks with the seeds 0 to networks − 1, shape (n, networks · p)."""
    weights = np.ones((networks, len(data["X_train"])))
    work = make_work(data["X_train"], data["y_train"], weights, np.arange(networks))
    trained = retrain(work, training).parameters[:, -1]
    return pooled([last_layer_features(toy_network(data, training, theta), damping) for theta in trained])


def partition_by_inequality(features: Array) -> Array:
    """Groups by Algorithm 1 with cosine influence, each stopped when influence per member would fall (no links)."""
    cosine, group, number = unit(features), np.full(len(features), -1), 0
    while (free := group < 0).any():
        typical = np.where(free, cosine @ cosine[free].sum(axis=0), -np.inf)
        trace = grow(cosine, [int(np.argmax(typical))], len(features), "algorithm", np.flatnonzero(~free).tolist())
        group[trace.members[: trace.first_fall]] = number
        number += 1
    return group
