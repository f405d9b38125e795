r"""Refit a last layer without images, and compare with what influence predicts, for many cut-offs and dampings.

Taking a group G away adds $-\frac1n\sum_{i\in G} L_i$ to the objective; influence predicts the change
$+\frac1n g_j^\top H^+ \sum_{i\in G} g_i$ of the loss of image j.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations.image_head import ROUNDING, Heads
from influence_lab.evaluations.lds import rank_correlation
from influence_lab.models.head_refit import ROUNDING as NO_GRADIENT
from influence_lab.models.head_refit import refit_without
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray
KINDS = {
    "single": "one image",
    "random": "random images",
    "class": "images of one class",
    "near": "nearest images",
}
PLACES = ("trained", "minimum")
FILTERS = ("cutoff", "damping")
ACCURATE = 1e-4  # relative error of a refit without one image that correlations and ratios do not notice


def drawn_groups(head: SoftmaxHead, count: int, size: int, seed: int) -> list[tuple[str, Array]]:
    """`count` groups of each kind: one image, random ones, of one class, and an image with its nearest by features.

    Raises:
        ValueError: a class has fewer than `size` images.
    """
    rng = np.random.default_rng(seed)
    fewest = np.bincount(head.labels, minlength=head.classes).min()
    if fewest < size:
        raise ValueError(f"groups of {size} images of one class, but a class has only {fewest}: lower group_size")
    felt = np.flatnonzero(removal_is_felt(head))
    groups = []
    for number in range(count):
        same = np.flatnonzero(head.labels == number % head.classes)
        middle = head.features[rng.choice(felt)]
        distances = np.square(head.features - middle).sum(axis=1)
        groups += [
            ("single", rng.choice(felt, size=1)),
            ("random", rng.choice(head.n, size, replace=False)),
            ("class", rng.choice(same, size, replace=False)),
            ("near", np.argpartition(distances, size - 1)[:size]),
        ]
    return groups


def removal_is_felt(head: SoftmaxHead) -> Array:
    r"""Images whose removal a refit can tell from rounding, shape (n,), bool; those learnt best are not among them.

    Without image i the gradient is $\|g_i\|/n$ at the old minimum, and a refit takes it down to rounding. What is left
    has to be at most `ACCURATE` of it. Where no image is that far from being learnt, those above half the longest g.
    """
    lengths = np.linalg.norm(head.residuals, axis=1) * np.linalg.norm(head.features, axis=1)
    return lengths > min(head.n * NO_GRADIENT / ACCURATE, lengths.max() / 2)


class Basis(NamedTuple):
    """Gradients in the eigenvectors of the Hessian, at one θ, where every cut-off and damping is a product.

    Attributes:
        values: eigenvalues of H, shape (p,).
        tests: of the test images, shape (m, p).
        groups: sums over each group, shape (groups, p).
        sample: of some training images, shape (s, p).
    """

    values: Array
    tests: Array
    groups: Array
    sample: Array


def basis(heads: Heads, hessian: Array, groups: list[Array], sample: Array) -> Basis:
    """The gradients of test images, groups and some training images in the eigenvectors of H, the Hessian there."""
    values, vectors = np.linalg.eigh(hessian)
    sums = np.stack([heads.train.rows(group).gradients().sum(axis=0) for group in groups])
    parts = heads.test.gradients(), sums, heads.train.rows(sample).gradients()
    return Basis(values, *(part @ vectors for part in parts))


def inverse_values(values: Array, kind: str, share: float) -> Array:
    """What 1/λ is replaced by: of a cut-off 0 below `share` of the largest, of a damping 1/(λ + `share` · largest).

    Eigenvalues that are zero up to rounding stay out, for no gradient has a part there.
    """
    largest = values.max()
    floor = max(share, ROUNDING) if kind == "cutoff" else ROUNDING
    safe = np.where(values > floor * largest, values, np.inf)
    return 1 / (safe + (share * largest if kind == "damping" else 0.0))


def head_removals(
    heads: Heads, theta: Array, ridge: float, shares: list[float], groups: int, group_size: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Refit without groups, and compare with the predictions at the trained head and at the minimum.

    Args:
        heads: training images, and the test images whose losses are measured.
        theta: minimum of the head's objective.
        ridge: ρ.
        shares: cut-offs and dampings, as shares of the largest eigenvalue.
        groups: of each kind.
        group_size: images in a group, but for single images.
        seed: draws them.

    Returns:
        A row for each place, filter, share and group: kind, correlation of predicted and true change over the test
        images, ratio (slope of the predicted on the true change), own_ratio (predicted over true change of the
        group's own losses), and true_size (root mean square of the true changes); rows with the filter "newton" are
        one Newton step instead. And a row for each place, filter and share: mean Spearman correlation of influences
        with the undamped ones over test images with the standard error of the mean, and that of self-influences.
    """
    lowest = Heads(*(head.at(theta) for head in heads))
    drawn = drawn_groups(lowest.train, groups, group_size, seed)
    hessian = lowest.train.hessian()
    true, one_step, own = [], [], []
    for _, group in drawn:
        removal = refit_without(heads.train, theta, hessian, group, ridge)
        true.append(lowest.test.at(removal.theta).losses - lowest.test.losses)
        one_step.append(lowest.test.at(removal.first_step).losses - lowest.test.losses)
        leaving = lowest.train.rows(group)
        changes = [(leaving.at(at).losses - leaving.losses).sum() for at in (removal.theta, removal.first_step)]
        own.append(changes)
    true, one_step, own = np.stack(true), np.stack(one_step), np.array(own)
    kinds = [kind for kind, _ in drawn]
    sample = np.random.default_rng(seed).choice(heads.train.n, min(1_000, heads.train.n), replace=False)
    rows = [_compared(kinds, true, one_step, own[:, 0], own[:, 1]).assign(place="minimum", filter="newton", share=0.0)]
    agreement = []
    for place, at, there in zip(PLACES, (heads, lowest), (heads.train.hessian(), hessian), strict=True):
        found = basis(at, there, [group for _, group in drawn], sample)
        undamped = inverse_values(found.values, "cutoff", ROUNDING)
        for kind in FILTERS:
            for share in shares:
                inverse = inverse_values(found.values, kind, share)
                weighted = found.groups * inverse
                predicted = weighted @ found.tests.T / heads.train.n  # (groups, m)
                predicted_own = np.sum(weighted * found.groups, axis=1) / heads.train.n
                table = _compared(kinds, true, predicted, own[:, 0], predicted_own)
                rows.append(table.assign(place=place, filter=kind, share=share))
                agreement.append(
                    {"place": place, "filter": kind, "share": share} | _agreement(found, inverse, undamped)
                )
    return pd.concat(rows, ignore_index=True), pd.DataFrame(agreement)


def _compared(kinds: list[str], true: Array, predicted: Array, own: Array, predicted_own: Array) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": kinds,
            "group": np.arange(len(kinds)) // len(KINDS),
            "correlation": correlations(predicted, true),
            "ratio": np.sum(predicted * true, axis=1) / np.sum(true**2, axis=1),
            "own_ratio": predicted_own / own,
            "true_size": np.sqrt(np.mean(true**2, axis=1)),
        }
    )


def _agreement(found: Basis, inverse: Array, undamped: Array) -> dict[str, float]:
    influences = [found.sample * diagonal @ found.tests.T for diagonal in (inverse, undamped)]  # (s, m) each
    own = [np.sum(found.sample**2 * diagonal, axis=1)[:, None] for diagonal in (inverse, undamped)]
    ranks = rank_correlation(*influences)
    return {
        "influence": float(ranks.mean()),
        "influence_error": float(ranks.std(ddof=1) / np.sqrt(len(ranks))),
        "self_influence": float(rank_correlation(*own)[0]),
    }
