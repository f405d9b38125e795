"""Draws with two to five unequal discs, on which the oracle-free rule is tuned and judged, and their networks."""

from collections.abc import Mapping

import numpy as np

from influence_lab.attributions.functioning_groups import last_layer_features
from influence_lab.attributions.group_partition import pooled
from influence_lab.data.toy import toy_data
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_work import Training, make_work
from influence_lab.models.toy import toy_network

Array = np.ndarray

TUNING_SEED = 100  # draws from this number on chose the rule and the baselines' variants
JUDGING_SEED = 1000  # draws from this number on judge them, and were drawn for nothing else
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


def trained_networks(data: Mapping[str, Array], training: Training, networks: int) -> list[LogisticNetwork]:
    """Networks with the seeds 0 to networks − 1, trained on all points of the draw."""
    weights = np.ones((networks, len(data["X_train"])))
    work = make_work(data["X_train"], data["y_train"], weights, np.arange(networks))
    return [toy_network(data, training, theta) for theta in retrain(work, training).parameters[:, -1]]


def cosine_features(data: Mapping[str, Array], training: Training, networks: int, damping: float) -> Array:
    """Features of the mean cosine influence of `trained_networks`, shape (n, networks · p)."""
    return pooled([last_layer_features(each, damping) for each in trained_networks(data, training, networks)])
