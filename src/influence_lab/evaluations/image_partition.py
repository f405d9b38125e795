"""Everything that one trained image model gives to the page of partitions: groups, similar images, components."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from influence_lab.attributions.image_embeddings import KINDS, views
from influence_lab.attributions.influence_partition import (
    cohesion,
    greedy_partition,
    group_sums,
    improvable,
    k_means,
    objective_share,
    random_share,
    self_influence,
    singletons,
)
from influence_lab.evaluations.image_components import components, explained, extremes
from influence_lab.evaluations.similar_images import WAYS, nearest
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray
INFLUENCE = ("raw", "cosine")
CURVES = ("cosine", "features", "residuals")  # partitioned into every number of groups


def partition_arrays(head: SoftmaxHead, section: Mapping[str, Any], images: Mapping[str, Any]) -> dict[str, Array]:
    """Partitions of all training images and what the page shows besides them.

    Args:
        head: the last layer and its training images.
        section: `image_partition` of the configuration.
        images: `images` of the configuration.

    Returns:
        Arrays of the artifact, by the names that the functions of this module give them.
    """
    seen = views(head, images)
    own = self_influence(seen.of["raw"])
    arrays = {
        "self_influence": own.astype(np.float32),
        "predictions": head.predictions,
        "labels": head.labels,
        "probability": head.probabilities.max(axis=1).astype(np.float32),
        "rank": np.array(seen.white.rank),
        "losses": head.losses.astype(np.float32),
    }
    arrays |= _partitions(seen.of, section)
    arrays |= _references(seen.of, head, arrays, section)
    arrays |= _groups(seen.of, arrays, section)
    arrays |= _subsets(seen.of, section)
    arrays |= _similar(seen.of, section)
    return arrays | _components(seen.of, seen.head, section)


def _partitions(of: Mapping[str, Array], section: Mapping[str, Any]) -> dict[str, Array]:
    """`groups_{kind}_{k}`, shape (restarts, n): all embeddings for the shown k; two restarts of `CURVES` for others."""
    steps = section["steps"], section["final_steps"]
    return {
        f"groups_{kind}_{count}": np.stack(
            [
                k_means(of[kind], count, section["seed"] + restart, steps, section["start_images"])
                for restart in range(section["restarts"] if count == section["groups"] else 2)
            ]
        ).astype(np.int16)
        for kind in KINDS
        for count in section["counts"]
        if kind in CURVES or count == section["groups"]
    }


def _references(
    of: Mapping[str, Array], head: SoftmaxHead, arrays: Mapping[str, Array], section: Mapping[str, Any]
) -> dict[str, Array]:
    """`share_{influence}_{partition}_{k}`: share of the bound that a partition reaches, shape (restarts,) or ().

    For raw influence those of its own partitions and of singletons for the shown k; for cosine influence also those of
    `CURVES` and of random groups for every k, of the labels, and of the `pairs_cosine` pairs of label and prediction.
    """
    raw, cosine, shown = of["raw"], of["cosine"], section["groups"]
    pair = np.unique(head.labels * head.classes + head.predictions, return_inverse=True)[1]
    shares: dict[str, Any] = {
        f"share_raw_raw_{shown}": _shares(raw, arrays[f"groups_raw_{shown}"]),
        f"share_raw_singletons_{shown}": objective_share(raw, singletons(raw, shown)),
        "share_cosine_labels": objective_share(cosine, head.labels),
        "share_cosine_pairs": objective_share(cosine, pair),
        "pairs_cosine": pair.max() + 1,
    }
    for count in section["counts"]:
        shares[f"share_cosine_random_{count}"] = random_share(cosine, count)
        for kind in CURVES:
            groups = arrays[f"groups_{kind}_{count}"]
            shares[f"share_cosine_{kind}_{count}"] = _shares(cosine, groups if kind == "cosine" else groups[:1])
    return {name: np.asarray(value) for name, value in shares.items()}


def _shares(features: Array, partitions: Array) -> list[float]:
    return [objective_share(features, groups.astype(int)) for groups in partitions]


def _groups(of: Mapping[str, Array], arrays: Mapping[str, Array], section: Mapping[str, Any]) -> dict[str, Array]:
    r"""What the page shows of each group of the first partition by cosine influence into the shown number of groups.

    `central_cosine`, shape (k, pictures): images nearest to the centre, −1 where there are no more; `typical_cosine`:
    their mean cosine influence with the group; `cohesion_cosine`, shape (k,): K(G, G)/#G with raw influence K;
    `joining_cosine` and `leaving_cosine`, shape (k,): images that would raise $\hat K(G, G)/\#G$.
    """
    cosine, count, pictures = of["cosine"], section["groups"], section["pictures"]
    groups = arrays[f"groups_cosine_{count}"][0].astype(int)
    sizes = np.maximum(np.bincount(groups, minlength=count), 1)
    centres = group_sums(cosine, groups, count) / sizes[:, None]
    near = np.einsum("ij,ij->i", cosine, centres[groups].astype(np.float32))  # of vectors of length 1, the nearest
    central, typical = np.full((count, pictures), -1), np.zeros((count, pictures))
    for number in range(count):
        members = np.flatnonzero(groups == number)
        best = members[np.argsort(-near[members], kind="stable")[:pictures]]
        central[number, : len(best)], typical[number, : len(best)] = best, near[best]
    joining, leaving = improvable(cosine, groups, count)
    return {
        "central_cosine": central.astype(np.int32),
        "typical_cosine": typical.astype(np.float32),
        "cohesion_cosine": cohesion(of["raw"], groups, count),
        "joining_cosine": joining,
        "leaving_cosine": leaving,
    }


def _subsets(of: Mapping[str, Array], section: Mapping[str, Any]) -> dict[str, Array]:
    """Greedy search and k-means on the same small subsets: `subset_{way}_{kind}`, groups of shape (subsets, m)."""
    n = len(of["raw"])
    if section["subset_images"] > n:
        raise ValueError(f"subsets of {section['subset_images']} images, but there are {n}: lower subset_images")
    rng = np.random.default_rng(section["seed"])
    drawn = [rng.choice(n, section["subset_images"], replace=False) for _ in range(section["subsets"])]
    count, arrays = section["subset_groups"], {}
    for kind in INFLUENCE:
        ways = {
            "greedy": lambda Phi, seed: greedy_partition(Phi, count, seed),
            "k_means": lambda Phi, seed: k_means(Phi, count, seed, (section["steps"],) * 2, len(Phi)),
        }
        for way, partition in ways.items():
            groups = [partition(of[kind][subset], seed) for seed, subset in enumerate(drawn)]
            shares = [objective_share(of[kind][subset], each) for subset, each in zip(drawn, groups, strict=True)]
            arrays |= {f"subset_{way}_{kind}": np.stack(groups), f"subset_share_{way}_{kind}": np.array(shares)}
    return arrays


def _similar(of: Mapping[str, Array], section: Mapping[str, Any]) -> dict[str, Array]:
    """`queries`, and `similar_{way}` with the nearest images of each, shape (queries, nearest)."""
    n = len(of["raw"])
    queries = np.random.default_rng(section["seed"] + 1).choice(n, min(section["queries"], n), replace=False)
    found = {
        f"similar_{way}": nearest(of[way], queries, section["nearest"], by).astype(np.int32)
        for way, (_, by) in WAYS.items()
    }
    return {"queries": queries} | found


def _components(of: Mapping[str, Array], head: SoftmaxHead, section: Mapping[str, Any]) -> dict[str, Array]:
    """`explained_cosine_{by}`, and for raw and cosine `moments_{kind}` and `extremes_{kind}`, (2, c, pictures)."""
    found = {kind: components(of[kind], section["components"]) for kind in INFLUENCE}
    scores = found["cosine"].scores.astype(float)
    shares = explained(scores, head.labels, head.predictions, head.residuals, head.features)
    arrays = {f"explained_cosine_{by}": share for by, share in shares.items()}
    for kind, one in found.items():
        ends = np.stack(extremes(one.scores, section["nearest"])).astype(np.int32)
        arrays |= {f"moments_{kind}": one.moments, f"extremes_{kind}": ends}
    return arrays
