"""Groups removed from the toy network by real retraining, and what the formulas say of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import rankdata

from influence_lab.attributions.second_order import first_order_step, pairwise_step
from influence_lab.evaluations.group_removals import drawn_groups
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.retraining import logits, retrain
from influence_lab.models.retraining_work import Training, make_work
from influence_lab.models.toy import toy_network

Array = np.ndarray


def group_retrainings(
    data: dict[str, Array],
    training: Training,
    seeds: int,
    shares: list[float],
    draws: int,
    threads: int = 1,
    folder: Path | str | None = None,
) -> dict[str, Array]:
    """Train the toy network on all points and, from the same start and batch order, without random groups.

    Args:
        data: arrays of `toy_data`.
        training: how.
        seeds: starts and batch orders, 0 to seeds − 1; all lose the same groups.
        shares: of the training points.
        draws: groups a share and seed.
        threads: processes.
        folder: where finished chunks are kept until the caller has stored the result.

    Returns:
        `shares` (k,), `groups` of shape (k, draws, n) with 1 for a removed point, `theta` (seeds, p), and
        `theta_without` (seeds, k, draws, p).
    """
    n = len(data["X_train"])
    groups = np.array([drawn_groups(n, share, draws, seed=1) for share in shares])  # (k, draws, n)
    weights = 1 - np.concatenate([np.zeros((1, n)), groups.reshape(-1, n)])  # (1 + k draws, n)
    work = make_work(
        data["X_train"], data["y_train"], np.tile(weights, (seeds, 1)), np.repeat(np.arange(seeds), len(weights))
    )
    trained = retrain(work, training, threads, folder).parameters[:, -1].reshape(seeds, len(weights), -1)
    return {
        "shares": np.array(shares),
        "groups": groups.astype(np.uint8),
        "theta": trained[:, 0],
        "theta_without": trained[:, 1:].reshape(seeds, len(shares), draws, -1),
    }


def predicted_margins(
    network: LogisticNetwork, X: Array, y: Array, groups: Array, dampings: Sequence[float]
) -> dict[str, Array]:
    r"""Changes of margins when groups are removed, to first order and with the pairwise term.

    The curvature is G + λI of the whole network, and a group's Hessian its own Gauss-Newton matrix: a ReLU network has
    no second derivative at its kinks, and this one is not at a minimum.

    Args:
        network: trained on all points.
        X: held-out inputs, shape (m, d).
        y: their labels, shape (m,).
        groups: 1 for a removed point, shape (k, n).
        dampings: λ.

    Returns:
        `first` and `pairwise`, shape (dampings, k, m).
    """
    J, n = network.logit_gradients(network.X), len(network.X)
    p = expit(network.logits(network.X))
    G, sums, slopes = network.gauss_newton(), groups @ network.train_gradients, network.margin_gradients(X, y)

    def group_product(v: Array) -> Array:
        return (groups * (p * (1 - p)) * (v @ J.T)) @ J  # (k, n) @ (n, p)

    found: dict[str, list[Array]] = {"first": [], "pairwise": []}
    for damping in dampings:
        curvature = G + damping * np.eye(len(G))
        found["first"].append(first_order_step(sums, curvature, n) @ slopes.T)
        found["pairwise"].append(pairwise_step(sums, group_product, curvature, n, groups.sum(axis=1)) @ slopes.T)
    return {name: np.stack(values) for name, values in found.items()}


def agreement_table(
    data: dict[str, Array], training: Training, retrained: dict[str, Array], dampings: Sequence[float]
) -> pd.DataFrame:
    """How well the formulas rank the groups by what retraining without them did to the held-out points.

    Args:
        data: arrays of `toy_data`.
        training: of the retrainings.
        retrained: arrays of `group_retrainings`.
        dampings: λ of G + λI.

    Returns:
        Columns `seed`, `share`, `method` (first, pairwise; retraining: the changes that this seed's retrainings made;
        and ceiling), `damping` (0 for the last two), and Spearman's correlation over groups, for each held-out point's
        margin and averaged over the points: `own` with this seed's retrainings, `others` with the mean over the other
        seeds'. For the ceiling `others` is `attainable` of the other seeds and `own` is missing.
    """
    X, y = data["X_test"], data["y_test"]
    seeds, shares, draws, p = retrained["theta_without"].shape
    n = len(data["X_train"])
    networks = [toy_network(data, training, theta) for theta in retrained["theta"]]
    before = np.stack([network.logits(X) for network in networks])  # (seeds, m)
    after = logits(retrained["theta_without"].reshape(-1, p).astype(float), training, X)
    actual = (2 * y - 1) * (after.reshape(seeds, shares, draws, -1) - before[:, None, None])
    groups = retrained["groups"].reshape(-1, n).astype(float)
    rows = []
    for seed, network in enumerate(networks):
        others = np.delete(actual, seed, axis=0).mean(axis=0)  # (shares, draws, m)
        methods = {("retraining", 0.0): actual[seed]}
        for method, each in predicted_margins(network, X, y, groups, dampings).items():
            methods |= {
                (method, damping): changes.reshape(shares, draws, -1)
                for damping, changes in zip(dampings, each, strict=True)
            }
        for place, share in enumerate(retrained["shares"].tolist()):
            ceiling = attainable(np.delete(actual[:, place], seed, axis=0), seed)
            rows.append((seed, share, "ceiling", 0.0, np.nan, ceiling))
            for (method, damping), changes in methods.items():
                own = mean_spearman(changes[place], actual[seed, place])
                rows.append((seed, share, method, damping, own, mean_spearman(changes[place], others[place])))
    return pd.DataFrame(rows, columns=["seed", "share", "method", "damping", "own", "others"])


def attainable(actual: Array, seed: int, splits: int = 20) -> float:
    r"""The correlation with the mean over all seeds that a prediction without any error would reach.

    Two halves of the seeds have means that correlate by $h$. The mean over all of them then has the reliability
    $r = 2h/(1 + h)$ (Spearman and Brown), and what it measures without chance correlates with it by $\sqrt r$. Exact
    for Pearson's correlation of changes with independent chance, used here for Spearman's.

    Args:
        actual: changes by real retraining, shape (seeds, draws, m).
        seed: draws the halves.
        splits: random halves that h is averaged over.
    """
    rng, half = np.random.default_rng([seed, 8]), len(actual) // 2
    found = []
    for _ in range(splits):
        order = rng.permutation(len(actual))
        found.append(mean_spearman(actual[order[:half]].mean(axis=0), actual[order[half : 2 * half]].mean(axis=0)))
    h = max(float(np.mean(found)), 0.0)
    reliability = 2 * h / (1 + h)  # of the mean over 2 · half seeds
    per_seed = reliability / (2 * half - (2 * half - 1) * reliability)
    count = len(actual)
    return float(np.sqrt(count * per_seed / (1 + (count - 1) * per_seed)))


def mean_spearman(first: Array, second: Array) -> float:
    """Spearman's correlation of each column of two arrays of one shape, averaged over the columns."""
    ranks = [rankdata(values, axis=0) - (len(values) + 1) / 2 for values in (first, second)]
    norms = np.prod([np.linalg.norm(each, axis=0) for each in ranks], axis=0)
    return float(np.mean((ranks[0] * ranks[1]).sum(axis=0) / norms))
