"""Partitions of unseen draws, to look at."""

import numpy as np

from influence_lab.attributions.group_partition import functioning_partition
from influence_lab.evaluations.unequal_discs import DISCS, JUDGING_SEED, cosine_features, unequal_discs
from influence_lab.models.retraining_work import Training

Array = np.ndarray


def drawn_partitions(training: Training, networks: int, damping: float, neighbours: int) -> dict[str, Array]:
    """The first unseen draw with 2, 3, 4 and 5 discs each, and its functioning groups.

    Returns:
        For each number of discs D: `X_D`, `y_D`, `cluster_D` and `group_D`.
    """
    found = {}
    for draw, discs in enumerate(DISCS):
        data = unequal_discs(JUDGING_SEED + draw)
        groups = functioning_partition(cosine_features(data, training, networks, damping), data["y_train"], neighbours)
        found |= {f"{name}_{discs}": data[f"{name}_train"] for name in ("X", "y", "cluster")}
        found[f"group_{discs}"] = groups
    return found
