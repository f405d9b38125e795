r"""Is a functioning group felt as a group? Train the last layer again without it, and see what its own losses do.

At the optimum of the last layer, taking a group away moves θ by about $H^{-1}\sum_{i\in G}g_i/n$ and so raises the sum
of its own losses by about $K(G, G)/n$ (first order). One Newton step has the curvature of the remaining images instead,
$g_G^\top(H - H_G)^{-1}g_G/n$, with $g_G$ the sum of the group's gradients and $H_G$ its share of H.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

from influence_lab.models.head_problem import HeadProblem, full_hessian, optimum, without
from influence_lab.models.image_heads import ImageHeads

Array = np.ndarray


class Trained(NamedTuple):
    """The last layer at its optimum.

    Attributes:
        problem: its training images; features that are zero on all of them are left out.
        test: the same for the test images.
        theta: shape (K, d + 1).
        hessian: of the whole objective, shape (p, p).
    """

    problem: HeadProblem
    test: HeadProblem
    theta: Array
    hessian: Array


def trained(heads: ImageHeads, decay: float) -> Trained:
    """Train the last layer on to its optimum, from where the model's training left it.

    Args:
        heads: of the model.
        decay: λ of (λ/2)‖θ‖², which makes the optimum unique.
    """
    live = heads.train.features.any(axis=0)  # dead units: zero on all images
    classes = heads.train.classes
    problem = HeadProblem(heads.train.features[:, live], heads.train.labels, classes, decay)
    test = HeadProblem(heads.test.features[:, live], heads.test.labels, classes, decay)
    start = np.column_stack([heads.kernel.T, heads.bias])[:, live]
    theta = optimum(problem, start)
    return Trained(problem, test, theta, full_hessian(problem, theta))


def controls(group: Array, labels: Array, rng: np.random.Generator) -> dict[str, Array]:
    """The group, a random group of its size, and one of its size and labels, both from all images."""
    n = len(labels)
    matched = [
        rng.choice(np.flatnonzero(labels == label), times, replace=False)
        for label, times in enumerate(np.bincount(labels[group]))
        if times
    ]
    return {
        "functioning": group,
        "random": rng.choice(n, len(group), replace=False),
        "same labels": np.concatenate(matched),
    }


def removal(at: Trained, group: Array) -> dict[str, float]:
    """What removal of one group does to its own losses, measured and predicted.

    Returns:
        size; measured, predicted and newton: change of the sum of the group's own losses, nats; others: of the mean
        loss of the other images; test: of the mean loss of all test images.
    """
    problem, theta, n = at.problem, at.theta, len(at.problem.labels)
    theta_without = without(problem, theta, group, at.hessian)
    before, after = problem.head(theta), problem.head(theta_without)
    change = after.losses - before.losses
    inside = problem.rows(group).head(theta)
    gradient = (inside.residuals.T @ inside.features).ravel()  # of the summed loss
    left = at.hessian - inside.hessian() * len(group) / n
    test = at.test.head(theta_without).losses - at.test.head(theta).losses
    return {
        "size": len(group),
        "measured": float(change[group].sum()),
        "predicted": float(gradient @ cho_solve(cho_factor(at.hessian), gradient)) / n,
        "newton": float(gradient @ cho_solve(cho_factor(left), gradient)) / n,
        "others": float(np.delete(change, group).mean()),
        "test": float(test.mean()),
    }


def removal_table(heads: ImageHeads, groups: Array, count: int, decay: float, seed: int) -> pd.DataFrame:
    """Remove groups of a partition, and controls of the same sizes.

    Args:
        heads: of the model.
        groups: number of each training image's group, shape (n,).
        count: groups removed, evenly over the partition in the order of size; groups of half of all images or more are
            not removed.
        decay: λ.
        seed: draws the controls.

    Returns:
        Columns group, kind (functioning, random, same labels) and those of `removal`; three rows a group.
    """
    at, rng = trained(heads, decay), np.random.default_rng(seed)
    sizes = np.bincount(groups)
    allowed = np.flatnonzero((sizes > 0) & (sizes < len(groups) / 2))
    by_size = allowed[np.argsort(sizes[allowed], kind="stable")]
    chosen = by_size[np.unique(np.linspace(0, len(by_size) - 1, count).round().astype(int))]
    rows = []
    for number in chosen:
        kinds = controls(np.flatnonzero(groups == number), at.problem.labels, rng)
        rows += [{"group": int(number), "kind": kind} | removal(at, members) for kind, members in kinds.items()]
    return pd.DataFrame(rows)
