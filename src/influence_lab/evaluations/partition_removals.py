r"""Is a functioning group felt as a group? Train the last layer again without it, and see what its own losses do.

At the optimum of the last layer, taking a group away moves θ by about $H^{-1}\sum_{i\in G}g_i/n$ and so raises the sum
of its own losses by about $K(G, G)/n$ (first order). One Newton step has the curvature of the remaining images instead,
$g_G^\top(H - H_G)^{-1}g_G/n$, with $g_G$ the sum of the group's gradients and $H_G$ its share of H.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

from influence_lab.evaluations.image_head import Heads
from influence_lab.models.head_refit import refit, refit_without
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray
TOLERANCE = 1e-6  # on the gradient that is left, as a share of the first: six digits of the change


class Trained(NamedTuple):
    """The last layer at its optimum.

    Attributes:
        train: at the optimum, on the training images.
        test: likewise on the test images.
        theta: class by class, shape (p,).
        hessian: of the mean loss, without the decay, shape (p, p).
        decay: λ.
    """

    train: SoftmaxHead
    test: SoftmaxHead
    theta: Array
    hessian: Array
    decay: float

    def quadratic(self, gradient: Array, less: Array | float = 0.0) -> float:
        r"""$g^\top (H + \lambda I - B)^{-1} g$ for a gradient of shape (p,) and `less`, B of shape (p, p)."""
        curvature = self.hessian + self.decay * np.eye(len(gradient)) - less
        return float(gradient @ cho_solve(cho_factor(curvature), gradient))


def trained(heads: Heads, decay: float) -> Trained:
    """Train the last layer on to its optimum, from where the model's training left it.

    Args:
        heads: of the model.
        decay: λ of (λ/2)‖θ‖², which makes the optimum unique.
    """
    theta = refit(heads.train, decay).theta
    train = heads.train.at(theta)
    return Trained(train, heads.test.at(theta), theta, train.hessian(), decay)


def controls(group: Array, labels: Array, rng: np.random.Generator) -> dict[str, Array]:
    """The group, and of the other images as many random ones, and as many with its labels.

    The latter is left out where a class has fewer others than the group has images of it.
    """
    others = np.setdiff1d(np.arange(len(labels)), group)
    kinds = {"functioning": group, "random": rng.choice(others, len(group), replace=False)}
    wanted = np.bincount(labels[group], minlength=labels.max() + 1)
    if (wanted <= np.bincount(labels[others], minlength=len(wanted))).all():
        matched = [
            rng.choice(others[labels[others] == label], times, replace=False) for label, times in enumerate(wanted)
        ]
        kinds["same labels"] = np.concatenate(matched)
    return kinds


def removal(at: Trained, group: Array) -> dict[str, float]:
    """What removal of one group does to its own losses, measured and predicted.

    Returns:
        size; measured, predicted and newton: change of the sum of the group's own losses, nats; others: of the mean
        loss of the other images; test: of the mean loss of all test images.
    """
    removed = refit_without(at.train, at.theta, at.hessian, group, at.decay, TOLERANCE).theta
    change = at.train.at(removed).losses - at.train.losses
    inside, n = at.train.rows(group), at.train.n
    gradient = inside.gradient_of(np.ones((inside.n, 1)))[0]  # of the summed loss
    return {
        "size": len(group),
        "measured": float(change[group].sum()),
        "predicted": at.quadratic(gradient) / n,
        "newton": at.quadratic(gradient, inside.hessian() * inside.n / n) / n,
        "others": float(np.delete(change, group).mean()),
        "test": float((at.test.at(removed).losses - at.test.losses).mean()),
    }


def removal_table(heads: Heads, groups: Array, count: int, decay: float, seed: int) -> pd.DataFrame:
    """Remove groups of a partition, and controls of the same sizes.

    Args:
        heads: of the model.
        groups: number of each training image's group, shape (n,).
        count: groups removed, evenly over the partition in the order of size; groups of half of all images or more are
            not removed.
        decay: λ.
        seed: draws the controls.

    Returns:
        Columns group, kind (functioning, random, same labels) and those of `removal`; three rows a group, but two for
        one that has more images of a class than there are others.
    """
    at, rng = trained(heads, decay), np.random.default_rng(seed)
    sizes = np.bincount(groups)
    allowed = np.flatnonzero((sizes > 0) & (sizes < len(groups) / 2))
    by_size = allowed[np.argsort(sizes[allowed], kind="stable")]
    chosen = by_size[np.unique(np.linspace(0, len(by_size) - 1, count).round().astype(int))]
    rows = []
    for number in chosen:
        kinds = controls(np.flatnonzero(groups == number), at.train.labels, rng)
        rows += [{"group": int(number), "kind": kind} | removal(at, members) for kind, members in kinds.items()]
    return pd.DataFrame(rows)
