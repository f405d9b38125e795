"""What attribution scores of the toy network are compared with: real retrainings and solved responses."""

from typing import NamedTuple

import numpy as np

from influence_lab.models.retraining import logits
from influence_lab.models.retraining_work import Training

Array = np.ndarray


class Truths(NamedTuple):
    """Effects on the margins of m test points; all positive where the training points support the margin.

    Attributes:
        loo: what each point adds, by cold retraining without it from the same start, for each seed; (S, m, n).
        points: those taken away under the proximal Bregman objective, shape (S, k).
        solved: whether that solve converged, shape (S, k).
        pbrf: what they add by it, shape (S, m, k).
        masks: of held-out subsets, shape (j, n).
        margins: after training on each, R times, shape (j, R, m).
        wrong: which labels were flipped, shape (S, n).
    """

    loo: Array
    points: Array
    solved: Array
    pbrf: Array
    masks: Array
    margins: Array
    wrong: Array


def toy_truths(
    data: dict[str, Array],
    networks: dict[str, Array],
    leave_one_out: dict[str, Array],
    removals: dict[str, Array],
    held_out: dict[str, Array],
    training: Training,
    targets: Array,
) -> Truths:
    """Collect the truths from their artifacts.

    Args:
        data: arrays of `toy_data`.
        networks: of `scoreboard_networks`.
        leave_one_out: of `leave_one_out_retrainings`.
        removals: of `toy_removals`.
        held_out: of `held_out_retrainings` at α = 0.5.
        training: gives the network.
        targets: indices of the m test points, shape (m,).
    """
    X, sign = data["X_test"][targets], 2 * data["y_test"][targets] - 1

    def effects(with_all: Array, without: Array) -> Array:
        """From parameters (S, p) and (S, k, p) to margins lost, shape (S, m, k)."""
        pairs = zip(with_all, without, strict=True)
        lost = [sign * (logits(one[None], training, X) - logits(others, training, X)) for one, others in pairs]
        return np.stack(lost).transpose(0, 2, 1)

    return Truths(
        loo=effects(leave_one_out["theta"].astype(float), leave_one_out["theta_without"].astype(float)),
        points=removals["points"],
        solved=removals["converged"],
        pbrf=effects(networks["theta"][:, -1], removals["theta"]),
        masks=held_out["masks"].astype(float),
        margins=held_out["test_margins"][..., targets].astype(float),
        wrong=networks["flipped_labels"] != data["y_train"],
    )
