"""How far partitions agree: with labels, predictions, clusters, a repetition, other training seeds, other models."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score

from influence_lab.attributions.image_embeddings import KINDS

Array = np.ndarray
Run = tuple[str, int]  # name of the model, training seed
WITHIN = ("features", "residuals", "both", "restart", "other seed", "other model")  # also inside one class

SEARCHED = ("raw", "cosine", "features")  # embeddings whose partitions are compared with everything


class Compared(NamedTuple):
    """What a partition is compared with, on the same images.

    Attributes:
        name: "labels", "predictions", "pairs" (of both), "crossed" (pairs × clusters of features), "features",
            "residuals" and "both" (clusters of them), "restart", "other seed", "other model".
        groups: shape (n,).
    """

    name: str
    groups: Array


def agreement(groups: Array, other: Array) -> float:
    """Adjusted mutual information: 1 for the same partition, 0 on average for independent ones of these sizes."""
    return float(adjusted_mutual_info_score(groups, other))


def within(groups: Array, other: Array, parts: Array, least: int) -> float:
    """Mean adjusted mutual information inside parts of the images, of those with `least` images or more; NaN if none.

    Whatever both partitions have in common because of the parts themselves does not count.
    """
    values = [
        agreement(groups[parts == part], other[parts == part])
        for part, size in enumerate(np.bincount(parts))
        if size >= least
    ]
    return float(np.mean(values)) if values else float("nan")


def purity(groups: Array, labels: Array) -> float:
    """Share of the images whose label is the commonest one of their group."""
    table = np.zeros((groups.max() + 1, labels.max() + 1), dtype=int)
    np.add.at(table, (groups, labels), 1)
    return float(table.max(axis=1).sum() / len(groups))


def partners(run: Run, runs: list[Run]) -> dict[str, Run]:
    """The run of another training seed and the first run of another model, where there are any."""
    seeds = [other for other in runs if other[0] == run[0] and other != run]
    models = [other for other in runs if other[0] != run[0]]
    return {name: found[0] for name, found in (("other seed", seeds), ("other model", models)) if found}


def agreement_table(
    runs: Mapping[Run, Mapping[str, Array]], counts: list[int], shown: int, images: int, seed: int
) -> pd.DataFrame:
    """All comparisons of all partitions.

    Args:
        runs: for each model and training seed the arrays of `partition_arrays`.
        counts: numbers of groups.
        shown: the number whose partitions in the embeddings of `SEARCHED` are compared with everything.
        images: drawn for the comparisons, clipped to n. The index is adjusted for chance at any number.
        seed: draws them.

    Returns:
        Columns model, seed, kind (of `KINDS`), k, restart, measure and value. Measures: `purity`, `largest` (share of
        images in the largest group); and where `shown`, `ami {name}`, and for all but raw influence `within {name}`:
        inside the images of one class that the model predicts rightly. "restart" is the mean over all other starts.
    """
    n = len(next(iter(runs.values()))["labels"])
    drawn = np.sort(np.random.default_rng(seed).choice(n, min(images, n), replace=False))
    rows = []
    for run, arrays in runs.items():
        around = {name: runs[other] for name, other in partners(run, list(runs)).items()}
        for kind in KINDS:
            for count in counts:
                full = count == shown and kind in SEARCHED
                for restart, groups in enumerate(arrays.get(f"groups_{kind}_{count}", np.empty((0, 0))).astype(int)):
                    place = {"model": run[0], "seed": run[1], "kind": kind, "k": count, "restart": restart}
                    measured = _measures(arrays, around, kind, count, restart, groups, drawn, full)
                    rows += [place | {"measure": name, "value": value} for name, value in measured.items()]
    return pd.DataFrame(rows)


def subset_table(runs: Mapping[Run, Mapping[str, Array]]) -> pd.DataFrame:
    """Greedy search and k-means on the same subsets: objective share, and agreement across training seeds.

    Returns:
        Columns model, seed, kind, way (greedy, k_means), subset, share, and other_seed: adjusted mutual information
        with the same way in another training seed, NaN where there is none.
    """
    rows = []
    for run, arrays in runs.items():
        other = partners(run, list(runs)).get("other seed")
        for kind in ("raw", "cosine"):
            for way in ("greedy", "k_means"):
                name = f"subset_{way}_{kind}"
                for subset, groups in enumerate(arrays[name]):
                    stable = agreement(groups, runs[other][name][subset]) if other else float("nan")
                    share = arrays[f"subset_share_{way}_{kind}"][subset]
                    place = {"model": run[0], "seed": run[1], "kind": kind, "way": way, "subset": subset}
                    rows.append(place | {"share": float(share), "other_seed": stable})
    return pd.DataFrame(rows)


def _measures(
    arrays: Mapping[str, Array],
    around: Mapping[str, Mapping[str, Array]],
    kind: str,
    count: int,
    restart: int,
    groups: Array,
    drawn: Array,
    full: bool,
) -> dict[str, float]:
    labels, predictions = arrays["labels"], arrays["predictions"]
    measured = {"purity": purity(groups, labels), "largest": np.bincount(groups).max() / len(groups)}
    if not full:
        return measured
    right = np.where(labels == predictions, labels, labels.max() + 1)[drawn]
    right_only = right <= labels.max()
    found: dict[str, list[float]] = {}
    for other in _compared(arrays, around, kind, count, restart):
        mine, theirs = groups[drawn], other.groups[drawn]
        found.setdefault(f"ami {other.name}", []).append(agreement(mine, theirs))
        if kind != "raw" and other.name in WITHIN:
            parts = mine[right_only], theirs[right_only], right[right_only]
            inside = within(*parts, least=max(len(drawn) // 100, 10))
            found.setdefault(f"within {other.name}", []).append(inside)
    return measured | {name: float(np.mean(values)) for name, values in found.items()}


def _compared(
    arrays: Mapping[str, Array],
    around: Mapping[str, Mapping[str, Array]],
    kind: str,
    count: int,
    restart: int,
) -> list[Compared]:
    def of(which: Mapping[str, Array], embedding: str, number: int) -> Array:
        return which[f"groups_{embedding}_{count}"][number].astype(int)

    restarts = len(arrays[f"groups_{kind}_{count}"])
    again = (restart + 1) % restarts
    K = int(arrays["labels"].max()) + 1
    pairs = arrays["labels"] * K + arrays["predictions"]
    fewest = min(int(name.rsplit("_", 1)[1]) for name in arrays if name.startswith("groups_features_"))
    clusters = arrays[f"groups_features_{fewest}"][0].astype(int)
    compared = [Compared("restart", of(arrays, kind, number)) for number in range(restarts) if number != restart]
    compared += [Compared(name, arrays[name]) for name in ("labels", "predictions")]
    compared += [Compared("pairs", pairs), Compared("crossed", pairs * fewest + clusters)]
    compared += [Compared(name, of(arrays, name, again)) for name in ("features", "residuals", "both")]
    return compared + [Compared(name, of(theirs, kind, restart)) for name, theirs in around.items()]
