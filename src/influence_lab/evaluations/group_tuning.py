"""What was fixed before the unseen draws: scores of the rule and of plain clustering, in variants, on tuning draws."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from influence_lab.attributions.functioning_groups import last_layer_features
from influence_lab.attributions.group_partition import functioning_partition, pooled
from influence_lab.evaluations.clustering import BASELINES
from influence_lab.evaluations.unequal_discs import TUNING_SEED, trained_networks, unequal_discs
from influence_lab.models.retraining_work import Training

Array = np.ndarray

NEIGHBOURS = (5, 10, 20)  # k of the rule that are compared


def tuning(
    training: Training, draws: int, networks: int, dampings: Sequence[float], damping: float, neighbours: int
) -> pd.DataFrame:
    """Adjusted Rand index over the red points of every variant on the tuning draws.

    Args:
        training: of the networks.
        draws: from `TUNING_SEED` on.
        networks: trained on each draw, whose cosine influence is averaged.
        dampings: λ of the rule that are compared, at k = `neighbours`.
        damping: λ of the rule, at which its k are compared, and of the features that are clustered.
        neighbours: k of the rule.

    Returns:
        Columns draw, method, variant and rand.
    """
    rows = []
    for draw in range(draws):
        data = unequal_discs(TUNING_SEED + draw)
        red = data["y_train"] == 1
        trained = trained_networks(data, training, networks)
        features = {
            each: pooled([last_layer_features(network, each) for network in trained]) for each in {damping, *dampings}
        }
        found = _rule_variants(data, features, dampings, damping, neighbours)
        for place, points in (("coordinates", data["X_train"][red]), ("influence", features[damping][red])):
            for method, variants in BASELINES.items():
                found |= {(f"{method}, {place}", name): label(points) for name, label in variants.items()}
        truth = data["cluster_train"][red]
        rows += [(draw, *names, adjusted_rand_score(truth, labels)) for names, labels in found.items()]
    return pd.DataFrame(rows, columns=["draw", "method", "variant", "rand"])


def _rule_variants(
    data: Mapping[str, Array], features: Mapping[float, Array], dampings: Sequence[float], damping: float, k: int
) -> dict[tuple[str, str], Array]:
    """Labels of the red points by the rule, by (method, variant): over λ and over k."""
    y, red = data["y_train"], data["y_train"] == 1
    pairs = {(each, k) for each in dampings} | {(damping, each) for each in (*NEIGHBOURS, k)}
    return {
        ("rule", rule_variant(strength, near)): functioning_partition(features[strength], y, near)[red]
        for strength, near in sorted(pairs)
    }


def rule_variant(damping: float, neighbours: int) -> str:
    """The rule's constants as the tuning table names them."""
    return f"λ = {damping:g}, k = {neighbours}"


def chosen_variants(table: pd.DataFrame) -> dict[str, str]:
    """For each method the variant with the largest mean over the tuning draws, the first of equally good ones."""
    means = table.groupby(["method", "variant"], sort=False)["rand"].mean()
    return {method: means[method].idxmax() for method in table["method"].unique()}
