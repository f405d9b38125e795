"""Are unseen clusters recovered? The oracle-free rule, its ablations, and plain clustering with tuned variants."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from influence_lab.attributions.functioning_groups import grow, last_layer_features, unit
from influence_lab.attributions.group_partition import functioning_partition, pooled
from influence_lab.evaluations.clustering import BASELINES, k_means, spectral
from influence_lab.evaluations.unequal_discs import JUDGING_SEED, trained_networks, unequal_discs
from influence_lab.models.retraining_work import Training

Array = np.ndarray


def recovery(
    training: Training, variants: Mapping[str, str], draws: int, networks: int, damping: float, neighbours: int
) -> pd.DataFrame:
    """Adjusted Rand index over the red points of every method on every unseen draw.

    Args:
        training: of the networks.
        variants: of each baseline, as `chosen_variants` of tuning draws gives them.
        draws: unseen draws.
        networks: trained on each draw, whose cosine influence is averaged.
        damping: λ of the curvature.
        neighbours: k of the rule's links, and of the graph of spectral clustering that knows the number of clusters.

    Returns:
        Columns draw, discs, method, groups (how many the method found) and rand.
    """
    rows = []
    for draw in range(draws):
        data = unequal_discs(JUDGING_SEED + draw)
        truth = data["cluster_train"][data["y_train"] == 1]
        for method, labels in methods(data, training, variants, networks, damping, neighbours).items():
            found = {"groups": len(np.unique(labels)), "rand": adjusted_rand_score(truth, labels)}
            rows.append({"draw": draw, "discs": len(data["centres"]), "method": method} | found)
    return pd.DataFrame(rows)


def methods(
    data: Mapping[str, Array],
    training: Training,
    variants: Mapping[str, str],
    networks: int,
    damping: float,
    neighbours: int,
) -> dict[str, Array]:
    """Labels of the red points by each method: the rule, its ablations, and the baselines on two kinds of points."""
    y, red = data["y_train"], data["y_train"] == 1
    trained = [last_layer_features(each, damping) for each in trained_networks(data, training, networks)]
    features = pooled(trained)
    found = {
        "rule": functioning_partition(features, y, neighbours)[red],
        "rule, one network": functioning_partition(pooled(trained[:1]), y, neighbours)[red],
        "inequality": partition_by_inequality(features[red]),
    }
    oracles = {"k-means": k_means, "spectral": partial(spectral, neighbours=neighbours)}
    for place, points in (("coordinates", data["X_train"][red]), ("influence", features[red])):
        for method, candidates in BASELINES.items():
            name = f"{method}, {place}"
            found[name] = candidates[variants[name]](points)
            if method in oracles:
                found[f"{name}, true k"] = oracles[method](points, clusters=len(data["centres"]))
    return found


def partition_by_inequality(features: Array) -> Array:
    """Groups by Algorithm 1 with cosine influence, each stopped when influence per member would fall (no links)."""
    cosine, group, number = unit(features), np.full(len(features), -1), 0
    while (free := group < 0).any():
        typical = np.where(free, cosine @ cosine[free].sum(axis=0), -np.inf)
        trace = grow(cosine, [int(np.argmax(typical))], len(features), "algorithm", np.flatnonzero(~free).tolist())
        group[trace.members[: trace.first_fall]] = number
        number += 1
    return group
