"""Groups removed from the toy network by real retraining, and what the formulas say of them."""

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
        seeds: starts and batch orders, 0 to seeds − 1; each has groups of its own.
        shares: of the training points.
        draws: groups a share and seed.
        threads: processes.
        folder: where finished chunks are kept until the caller has stored the result.

    Returns:
        `shares` (k,), `groups` of shape (seeds, k, draws, n) with 1 for a removed point, `theta` (seeds, p), and
        `theta_without` (seeds, k, draws, p).
    """
    n = len(data["X_train"])
    groups = np.array([[drawn_groups(n, share, draws, seed + 1) for share in shares] for seed in range(seeds)])
    removed = np.concatenate([np.zeros((seeds, 1, n)), groups.reshape(seeds, -1, n)], axis=1)  # (seeds, 1 + k draws, n)
    work = make_work(
        data["X_train"], data["y_train"], 1 - removed.reshape(-1, n), np.repeat(np.arange(seeds), removed.shape[1])
    )
    trained = retrain(work, training, threads, folder).parameters[:, -1].reshape(seeds, removed.shape[1], -1)
    return {
        "shares": np.array(shares),
        "groups": groups.astype(np.uint8),
        "theta": trained[:, 0],
        "theta_without": trained[:, 1:].reshape(*groups.shape[:3], -1),
    }


def predicted_margins(network: LogisticNetwork, X: Array, y: Array, groups: Array, damping: float) -> dict[str, Array]:
    r"""Changes of margins when groups are removed, to first order and with the pairwise term.

    The curvature is G + λI of the whole network, and a group's Hessian its own Gauss-Newton matrix: a ReLU network has
    no second derivative at its kinks, and this one is not at a minimum.

    Args:
        network: trained on all points.
        X: held-out inputs, shape (m, d).
        y: their labels, shape (m,).
        groups: 1 for a removed point, shape (k, n).
        damping: λ.

    Returns:
        `first` and `pairwise`, shape (k, m).
    """
    J, n = network.logit_gradients(network.X), len(network.X)
    p = expit(network.logits(network.X))
    curvature = network.gauss_newton() + damping * np.eye(J.shape[1])
    sums, slopes = groups @ network.train_gradients, network.margin_gradients(X, y)

    def group_product(v: Array) -> Array:
        return (groups * (p * (1 - p)) * (v @ J.T)) @ J  # (k, n) @ (n, p)

    first = first_order_step(sums, curvature, n)
    pairwise = pairwise_step(sums, group_product, curvature, n, groups.sum(axis=1))
    return {"first": first @ slopes.T, "pairwise": pairwise @ slopes.T}


def agreement_table(
    data: dict[str, Array], training: Training, retrained: dict[str, Array], damping: float
) -> pd.DataFrame:
    """How well the formulas rank the groups by what retraining without them did to the held-out points.

    Args:
        data: arrays of `toy_data`.
        training: of the retrainings.
        retrained: arrays of `group_retrainings`.
        damping: λ of G + λI.

    Returns:
        Columns `seed`, `share`, `method` (first, pairwise), `spearman` (over groups, for each held-out point's margin,
        averaged over the points) and `ratio` (the predicted change over the actual one, as a regression through 0).
    """
    X, y = data["X_test"], data["y_test"]
    signs, rows = 2 * y - 1, []
    for seed, theta in enumerate(retrained["theta"]):
        network = toy_network(data, training, theta)
        for place, share in enumerate(retrained["shares"]):
            groups = retrained["groups"][seed, place].astype(float)
            without = retrained["theta_without"][seed, place].astype(float)
            actual = signs * (logits(without, training, X) - network.logits(X))  # (k, m)
            for method, predicted in predicted_margins(network, X, y, groups, damping).items():
                ranks = spearmanr_columns(predicted, actual)
                ratio = (predicted * actual).sum() / (actual**2).sum()
                rows.append((seed, float(share), method, ranks, ratio))
    return pd.DataFrame(rows, columns=["seed", "share", "method", "spearman", "ratio"])


def spearmanr_columns(first: Array, second: Array) -> float:
    """Spearman's correlation of each column of two arrays of one shape, averaged over the columns."""
    ranks = [rankdata(values, axis=0) - (len(values) + 1) / 2 for values in (first, second)]
    norms = np.prod([np.linalg.norm(each, axis=0) for each in ranks], axis=0)
    return float(np.mean((ranks[0] * ranks[1]).sum(axis=0) / norms))
