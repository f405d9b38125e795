"""Do functioning groups function as groups? Train again without each of them, and see whom that hurts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from influence_lab.attributions.group_partition import functioning_partition
from influence_lab.evaluations.clustering import k_means
from influence_lab.evaluations.unequal_discs import JUDGING_SEED, cosine_features, unequal_discs
from influence_lab.models.retraining import logits, retrain
from influence_lab.models.retraining_weights import leave_out
from influence_lab.models.retraining_work import Training, make_work

Array = np.ndarray


def validation(
    training: Training,
    draws: int,
    seeds: int,
    controls: int,
    networks: int,
    damping: float,
    neighbours: int,
    threads: int = 1,
) -> pd.DataFrame:
    """What training without a group does to the held-out points of every group's region, on unseen draws.

    Args:
        training: of the networks.
        draws: unseen draws, the first of those that judge the rule.
        seeds: starts and batch orders, each trained with and without every group.
        controls: random groups of the same class and size for each group.
        networks: of the rule, whose cosine influence is averaged.
        damping: λ of the rule.
        neighbours: k of the rule.
        threads: processes.

    Returns:
        Columns draw, seed, partition ("functioning", "k-means" or "random"), removed (number of the group; for random
        groups, the one that they stand for), region and drop: how far the mean margin of the region's held-out points
        falls. Groups that are all of their class are left out: there is no other group of their size.
    """
    tables = []
    for draw in range(draws):
        data = unequal_discs(JUDGING_SEED + draw, test_points=600)
        features = cosine_features(data, training, networks, damping)
        groups = functioning_partition(features, data["y_train"], neighbours)
        removed = _groups_removed(data, groups, controls, np.random.default_rng([draw, 6]))
        drops = _margin_drops(data, training, [members for _, _, members in removed], seeds, threads)
        table = _by_region(data, {"functioning": groups, "k-means": _k_means_groups(data)}, removed, drops)
        tables.append(table.assign(draw=draw))
    return pd.concat(tables, ignore_index=True)


def _groups_removed(
    data: Mapping[str, Array], groups: Array, controls: int, rng: np.random.Generator
) -> list[tuple[str, int, Array]]:
    """For each removal the partition's name, the group's number and its members."""
    rows = []
    for name, labels in (("functioning", groups), ("k-means", _k_means_groups(data))):
        for one in np.unique(labels):
            members = np.flatnonzero(labels == one)
            peers = np.flatnonzero(data["y_train"] == data["y_train"][members[0]])
            if len(members) == len(peers):
                continue
            rows.append((name, int(one), members))
            if name == "functioning":
                rows += [("random", int(one), rng.choice(peers, len(members), replace=False)) for _ in range(controls)]
    return rows


def _k_means_groups(data: Mapping[str, Array]) -> Array:
    """k-means of each class's coordinates, with the number of clusters of largest silhouette."""
    labels, number = np.empty(len(data["y_train"]), dtype=int), 0
    for one in (0.0, 1.0):
        rows = data["y_train"] == one
        labels[rows] = number + k_means(data["X_train"][rows])
        number = labels[rows].max() + 1
    return labels


def _margin_drops(
    data: Mapping[str, Array], training: Training, groups: list[Array], seeds: int, threads: int
) -> Array:
    """Held-out margins with all training points minus without each group, shape (seeds, groups, test points)."""
    weights = leave_out(len(data["X_train"]), [[], *groups])
    work = make_work(
        data["X_train"], data["y_train"], np.tile(weights, (seeds, 1)), np.repeat(np.arange(seeds), len(weights))
    )
    trained = retrain(work, training, threads).parameters[:, -1]
    margins = (2 * data["y_test"] - 1) * logits(trained, training, data["X_test"])
    margins = margins.reshape(seeds, len(weights), -1)
    return margins[:, :1] - margins[:, 1:]


def _by_region(
    data: Mapping[str, Array],
    partitions: Mapping[str, Array],
    removed: list[tuple[str, int, Array]],
    drops: Array,
) -> pd.DataFrame:
    """Mean drop in each region; a held-out point belongs to the group of the nearest training point of its class."""
    distance = np.linalg.norm(data["X_test"][:, None] - data["X_train"], axis=2)
    distance[data["y_test"][:, None] != data["y_train"]] = np.inf
    nearest = distance.argmin(axis=1)
    rows = []
    for number, (name, one, members) in enumerate(removed):
        regions = partitions["k-means" if name == "k-means" else "functioning"]
        red = bool(data["y_train"][members[0]])
        for region in np.unique(regions[data["y_train"] == red]):
            points = regions[nearest] == region
            for seed, drop in enumerate(drops[:, number, points].mean(axis=1)):
                rows.append((name, one, int(region), red, seed, float(drop)))
    return pd.DataFrame(rows, columns=["partition", "removed", "region", "red", "seed", "drop"])
