"""What the greedy search does on the toy data, as tables over seeds: the report's Figs. 8 and 9."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from influence_lab.attributions.functioning_groups import Trace, grow, unit

Array = np.ndarray

KINDS = {"raw": "raw influence", "cosine": "cosine influence"}


def centre_point(data: Mapping[str, Array], cluster: int) -> int:
    """The training point of a disc that is nearest to its centre."""
    distance = np.linalg.norm(data["X_train"] - data["centres"][cluster], axis=1)
    return int(np.argmin(np.where(data["cluster_train"] == cluster, distance, np.inf)))


def searches(features: Sequence[Array], seed: int, rule: str) -> dict[str, list[Trace]]:
    """For raw and for cosine influence, the whole search (until no point is left) on each network."""
    steps = len(features[0]) - 1
    return {
        "raw": [grow(each, [seed], steps, rule) for each in features],
        "cosine": [grow(unit(each), [seed], steps, rule) for each in features],
    }


def same_choices(features: Sequence[Array], seed: int, steps: int) -> Array:
    """Share of the first points chosen that Algorithm 1 and Definition 3.2 have in common, one number a network."""
    shares = []
    for each in features:
        by_rule = [set(grow(each, [seed], steps, rule).chosen.tolist()) for rule in ("algorithm", "definition")]
        shares.append(len(set.intersection(*by_rule)) / steps)
    return np.array(shares)


def inequality_mismatches(features: Array, trace: Trace, rounding: float = 1e-12) -> tuple[int, int]:
    r"""For how many candidates of all steps the inequality and the recomputed change of K(G, G)/#G disagree.

    The change is recomputed from $\|\Phi_G + \phi_x\|^2$, not from the inequality's terms; candidates with a relative
    change below `rounding` are left out.

    Returns:
        Disagreements, and candidates compared.
    """
    itself, mismatches, compared = np.sum(features**2, axis=1), 0, 0
    for step in range(len(trace.chosen)):
        group = trace.members[: len(trace.start) + step]
        total, outside = features[group].sum(axis=0), np.setdiff1d(np.arange(len(features)), group)
        before = float(np.sum(total**2)) / len(group)
        after = np.sum((total + features[outside]) ** 2, axis=1) / (len(group) + 1)
        raised = 2 * features[outside] @ total + itself[outside] > before
        clear = np.abs(after - before) > rounding * before
        mismatches += int(np.sum((raised != (after > before)) & clear))
        compared += int(clear.sum())
    return mismatches, compared


def all_mismatches(features: Sequence[Array], found: Mapping[str, Sequence[Trace]]) -> tuple[int, int]:
    """Sums of `inequality_mismatches` over all networks, of raw and of cosine `searches`."""
    pairs = zip(features, found["raw"], found["cosine"], strict=True)
    counts = [
        inequality_mismatches(points, trace)
        for each, raw, cosine in pairs
        for points, trace in ((each, raw), (unit(each), cosine))
    ]
    mismatches, compared = (sum(column) for column in zip(*counts, strict=True))
    return mismatches, compared


def rim_over_core(data: Mapping[str, Array], features: Array) -> float:
    """Mean length of φ in the outer half of the left disc's points, over that in the inner half."""
    lengths = np.linalg.norm(features, axis=1)
    radius = np.linalg.norm(data["X_train"] - data["centres"][0], axis=1)
    inside = data["cluster_train"] == 0
    core = radius < np.median(radius[inside])
    return float(lengths[inside & ~core].mean() / lengths[inside & core].mean())


def outcomes(data: Mapping[str, Array], traces: Sequence[Trace], cluster: int) -> pd.DataFrame:
    """What each search means for one cluster, a row a network.

    Returns:
        Columns `first_outsider` (size of the group when it takes a point outside the cluster), `remaining` (share of
        the cluster not yet taken then), `peak` and `first_fall` (sizes at the two stops), for the stops `peak`,
        `first_fall` and `oracle` (the cluster's true size) the adjusted Rand index over the red points: `rand_…`; and
        of the members at `peak` the shares in the cluster and in the blue class: `own_peak` and `blue_peak`.
    """
    red, inside = data["y_train"] == 1, data["cluster_train"] == cluster
    size, rows = int(inside.sum()), []
    for trace in traces:
        joined = inside[trace.members]
        first = int(np.argmin(joined))  # the searches go on until all points are in
        row = {"first_outsider": first, "remaining": 1 - joined[:first].sum() / size}
        for name, stop in (("peak", trace.peak), ("first_fall", trace.first_fall), ("oracle", size)):
            group = np.isin(np.arange(len(red)), trace.members[:stop])
            row |= {name: stop, f"rand_{name}": adjusted_rand_score(inside[red], group[red])}
        at_peak = trace.members[: trace.peak]
        row |= {"own_peak": inside[at_peak].mean(), "blue_peak": (~red)[at_peak].mean()}
        rows.append(row)
    return pd.DataFrame(rows)


def refused_for_length(features: Array, trace: Trace, candidates: Array) -> tuple[int, int]:
    r"""Of the candidates that would lower K(G, G)/#G at its maximum, how many would raise its cosine counterpart.

    The group G is the same, and the inequality is asked once with φ and once with rows of length 1: for the latter,
    with $\hat\Phi = \sum_G \hat\phi$, $2\hat\phi_x^\top\hat\Phi + 1 > \|\hat\Phi\|^2/\#G$. A point that only the
    first refuses is refused for its length.

    Args:
        features: Φ, shape (n, p).
        trace: of a search with these features.
        candidates: points to ask about, indices; members of G are left out.

    Returns:
        Refused with φ and accepted with unit length; refused with φ.
    """
    group = trace.members[: trace.peak]
    outside = np.setdiff1d(candidates, group)

    def raised(rows: Array) -> Array:
        total = rows[group].sum(axis=0)
        return 2 * rows[outside] @ total + np.sum(rows[outside] ** 2, axis=1) > total @ total / len(group)

    refused = ~raised(features)
    return int(np.sum(refused & raised(unit(features)))), int(refused.sum())


def random_additions(features: Array, orders: Sequence[Array]) -> Array:
    """K(G, G)/#G along given orders of joining, shape (orders, points in each)."""
    totals = [np.cumsum(features[order], axis=0) for order in orders]
    return np.stack([np.sum(total**2, axis=1) / np.arange(1, len(total) + 1) for total in totals])


def cluster_then_other(data: Mapping[str, Array], cluster: int, orders: int, seed: int) -> list[Array]:
    """Random orders of the report's Fig. 9: first the cluster, then the other red points."""
    rng = np.random.default_rng([seed, 7])
    inside = np.flatnonzero(data["cluster_train"] == cluster)
    others = np.flatnonzero((data["cluster_train"] >= 0) & (data["cluster_train"] != cluster))
    return [np.concatenate([rng.permutation(inside), rng.permutation(others)]) for _ in range(orders)]
