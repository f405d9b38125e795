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
    """`share_{influence}_{partition}_{k}`: share of the bound that a partition reaches, shape (restarts,) or ()."""
    pair = np.unique(head.labels * head.classes + head.predictions, return_inverse=True)[1]
    shares = {}
    for kind in INFLUENCE:
        Phi = of[kind]
        shares[f"share_{kind}_labels"] = objective_share(Phi, head.labels)
        shares[f"share_{kind}_pairs"] = objective_share(Phi, pair)
        shares[f"pairs_{kind}"] = float(len(np.unique(pair)))
        for count in section["counts"]:
            shares[f"share_{kind}_random_{count}"] = random_share(Phi, count)
            shares[f"share_{kind}_singletons_{count}"] = objective_share(Phi, singletons(Phi, count))
            for other in KINDS:
                if (name := f"groups_{other}_{count}") not in arrays:
                    continue
                groups = arrays[name]
                taken = groups if other == kind else groups[:1]
                shares[f"share_{kind}_{other}_{count}"] = [objective_share(Phi, each.astype(int)) for each in taken]
    return {name: np.asarray(value) for name, value in shares.items()}


def _groups(of: Mapping[str, Array], arrays: Mapping[str, Array], section: Mapping[str, Any]) -> dict[str, Array]:
    """What the page shows of each group of the first partition into the shown number of groups.

    `central_{kind}`, shape (k, pictures): images nearest to the centre, −1 where there are no more; `typical_{kind}`:
    their mean K with the group; `cohesion_{kind}`, shape (k,): K(G, G)/#G with raw influence K; `joining_{kind}` and
    `leaving_{kind}`, shape (k,): images that would raise K(G, G)/#G, in the influence of the kind.
    """
    count, pictures = section["groups"], section["pictures"]
    found = {}
    for kind in INFLUENCE:
        groups = arrays[f"groups_{kind}_{count}"][0].astype(int)
        sizes = np.maximum(np.bincount(groups, minlength=count), 1)
        centres = group_sums(of[kind], groups, count) / sizes[:, None]
        near = np.einsum("ij,ij->i", of[kind], centres[groups].astype(np.float32))  # K(x, G)/#G
        central, typical = np.full((count, pictures), -1), np.zeros((count, pictures))
        # K grows with the length of φ, so in the raw embedding the distance to the centre decides
        score = near - 0.5 * self_influence(of[kind])
        for number in range(count):
            members = np.flatnonzero(groups == number)
            best = members[np.argsort(-score[members], kind="stable")[:pictures]]
            central[number, : len(best)], typical[number, : len(best)] = best, near[best]
        found[f"central_{kind}"], found[f"typical_{kind}"] = central.astype(np.int32), typical.astype(np.float32)
        found[f"cohesion_{kind}"] = cohesion(of["raw"], groups, count)
        found[f"joining_{kind}"], found[f"leaving_{kind}"] = improvable(of[kind], groups, count)
    return found


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
    """For raw and cosine: `moments_{kind}`, `extremes_{kind}` of shape (2, c, pictures) and `explained_{kind}_{by}`."""
    arrays = {}
    for kind in INFLUENCE:
        found = components(of[kind], section["components"])
        shares = explained(found.scores.astype(float), head.labels, head.predictions, head.residuals, head.features)
        arrays |= {
            f"moments_{kind}": found.moments,
            f"extremes_{kind}": np.stack(extremes(found.scores, section["nearest"])).astype(np.int32),
        }
        arrays |= {f"explained_{kind}_{by}": share for by, share in shares.items()}
    return arrays
