"""The table of all groups of images: a row for each trained model, kind of group and seed image."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from influence_lab.attributions.image_groups import DEFAULT, INFLUENCE
from influence_lab.evaluations.image_groups import (
    coherence,
    hub_share,
    jaccard,
    overlap_among,
    purity,
    random_groups,
    size_exponent,
    spread,
    standardised,
)
from influence_lab.models.image_heads import ImageHeads

Array = np.ndarray
Trained = tuple[str, int]  # model and training seed
NEIGHBOUR = "_neighbour"


class Reference(NamedTuple):
    """What groups of one draw of seed images are compared with.

    Attributes:
        labels: of all images, shape (n,).
        any_class: random groups around the seed images, shape (m, draws, size).
        own_class: likewise, from the seed image's class.
    """

    labels: Array
    any_class: Array
    own_class: Array

    def spreads(self, points: Array) -> tuple[Array, Array]:
        """Mean pairwise distance in random groups of any class, and of the seed image's, each of shape (m,)."""
        return self._mean_spread(points, self.any_class), self._mean_spread(points, self.own_class)

    @staticmethod
    def _mean_spread(points: Array, groups: Array) -> Array:
        m, draws, size = groups.shape
        return spread(points, groups.reshape(-1, size)).reshape(m, draws).mean(axis=1)


def reference(labels: Array, seeds: Array, size: int, draws: int, seed: int) -> Reference:
    """Random groups to compare with; arguments as of `random_groups`."""
    return Reference(labels, *random_groups(labels, seeds, size, draws, seed))


def model_table(groups: Mapping[str, Array], heads: ImageHeads, pixels: Array, compared: Reference) -> pd.DataFrame:
    """Everything that is measured on one trained model alone.

    Args:
        groups: of `model_groups`.
        heads: the last layer of the model.
        pixels: of all images, shape (n, 192).
        compared: random groups of the same seed images.

    Returns:
        Columns method, normalisation, rule, setting, image, label, purity, compactness_any and compactness_class (mean
        pairwise distance of standardised features over that of random groups, of any class and of the seed's),
        pixels_any and pixels_class (the same of coarse pixels), coherence, hub_share, mistaken (share of other members
        that the model misclassifies), overlap_own (with groups of other seed images of the class), overlap_other (of
        other classes), overlap_neighbour (with the group of the nearest image), overlap_default (with the default
        damping), influence, per_member, exponent.
    """
    points, labels = standardised(heads.train.features[:, :-1]), compared.labels
    kinds = list(zip(groups["setting"], groups["method"], strict=True))
    mistaken = groups["predictions"] != labels
    embedded, pictured = compared.spreads(points), compared.spreads(pixels)
    tables = []
    for place, (setting, method) in enumerate(kinds):
        if method.endswith(NEIGHBOUR):
            continue
        members, influence = groups["members"][place], groups["influence"][place]
        normalisation, rule = INFLUENCE.get(method, ("none", "none"))
        overlap_own, overlap_other = overlap_among(members, labels)
        distance, difference = spread(points, members), spread(pixels, members)
        columns = {
            "method": method,
            "normalisation": normalisation,
            "rule": rule if normalisation != "cosine" else "either",  # the rules are one where K(x, x) = 1
            "setting": setting,
            "image": members[:, 0],
            "label": labels[members[:, 0]],
            "purity": purity(members, labels),
            "compactness_any": distance / embedded[0],
            "compactness_class": distance / embedded[1],
            "pixels_any": difference / pictured[0],
            "pixels_class": difference / pictured[1],
            "coherence": coherence(groups["cosine_influence"][place]),
            "hub_share": hub_share(members),
            "mistaken": mistaken[members[:, 1:]].mean(axis=1),
            "overlap_own": overlap_own,
            "overlap_other": overlap_other,
            "overlap_neighbour": _with(groups, kinds, members, (setting, method + NEIGHBOUR), whole=True),
            "overlap_default": _with(groups, kinds, members, (DEFAULT, method)),
            "influence": influence[:, -1],
            "per_member": influence[:, -1] / influence.shape[1],
            "exponent": size_exponent(influence),
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def with_overlaps(
    tables: Mapping[Trained, pd.DataFrame], groups: Mapping[Trained, Mapping[str, Array]]
) -> pd.DataFrame:
    """All trained models in one table, with the columns model, training_seed and overlap_{model}_{seed}.

    The overlap is that of two groups of one seed image, grown in the same way in two trained models, without the seed
    image. It is missing for a model with itself.

    Args:
        tables: of `model_table`, by model and training seed.
        groups: of `model_groups`, likewise, all with the same kinds in the same order.
    """
    whole = []
    for (model, seed), table in tables.items():
        own = groups[model, seed]
        kept = [not method.endswith(NEIGHBOUR) for method in own["method"]]
        overlaps = {
            f"overlap_{other}_{number}": np.concatenate(
                [jaccard(a[:, 1:], b[:, 1:]) for a, b in zip(own["members"][kept], its["members"][kept], strict=True)]
            )
            for (other, number), its in groups.items()
            if (other, number) != (model, seed)
        }
        table = table.assign(**overlaps)
        table.insert(0, "training_seed", seed)
        table.insert(0, "model", model)
        whole.append(table)
    return pd.concat(whole, ignore_index=True)


def page_arrays(groups: Mapping[Trained, Mapping[str, Array]], heads: Mapping[Trained, Array]) -> dict[str, Array]:
    """What the pages draw: arrays with one entry a trained model first.

    Args:
        groups: of `model_groups`, by model and training seed.
        heads: training and test accuracy and the number of parameters of the head, likewise.
    """
    stacked = ("members", "influence", "cosine_influence", "itself", "predictions")
    one = next(iter(groups.values()))
    return {
        "models": np.array([model for model, _ in groups]),
        "training_seeds": np.array([seed for _, seed in groups]),
        "train_accuracy": np.array([heads[trained][0] for trained in groups]),
        "test_accuracy": np.array([heads[trained][1] for trained in groups]),
        "parameters": np.array([heads[trained][2] for trained in groups], dtype=int),
        **{name: one[name] for name in ("seeds", "setting", "method", "cutoff", "damping", "directions")},
        **{name: np.stack([own[name] for own in groups.values()]) for name in stacked},
    }


def _with(
    groups: Mapping[str, Array], kinds: list, members: Array, kind: tuple[str, str], whole: bool = False
) -> Array | float:
    if kind not in kinds:
        return np.nan
    first = 0 if whole else 1
    return jaccard(members[:, first:], groups["members"][kinds.index(kind)][:, first:])
