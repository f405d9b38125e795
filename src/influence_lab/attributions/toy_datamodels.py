"""Datamodels of the toy network by LASSO, from real retrainings and from their approximation by influence."""

from collections.abc import Sequence

import numpy as np

from influence_lab.attributions.datamodels import lasso_datamodels

Array = np.ndarray


def influence_limit(influence: dict[str, Array]) -> Array:
    """Datamodel weights by influence at the chosen damping, mean over the networks, shape (targets + embedded, n).

    The mean over starts, because a datamodel of retrainings averages over starts too.
    """
    best = int(influence["damping_scores"].mean(axis=1).argmax())
    return influence["weights"][best].mean(axis=0)


def fit_sizes(sizes: Sequence[int], subsets: int) -> list[int]:
    """The numbers of subsets below all of them, and all.

    >>> fit_sizes([50, 100, 400], 300)
    [50, 100, 300]
    """
    return [*(size for size in sizes if size < subsets), subsets]


def fit_toy_datamodels(
    subsets: dict[str, Array], influence: dict[str, Array], sizes: Sequence[int]
) -> dict[str, Array]:
    """Fit both kinds of datamodel by the same LASSO on the same masks, from few subsets up to all.

    Args:
        subsets: arrays of `subset_retrainings`.
        influence: `targets` (test points), `embedded` (training points), `weights` and `damping_scores`.
        sizes: numbers of subsets; larger ones than there are count as all.

    Returns:
        `sizes`, shape (s,); `retraining` and `influence`, weights of shape (s, targets + embedded, n); `halves`, shape
        (2, targets + embedded, n): retraining datamodels of the first and the second half of the subsets.
    """
    masks, counts = subsets["masks"].astype(float), fit_sizes(sizes, len(subsets["masks"]))
    retrained = np.concatenate(
        [subsets["test_margins"][:, influence["targets"]], subsets["train_margins"][:, influence["embedded"]]], axis=1
    )
    outputs = {"retraining": retrained, "influence": masks @ influence_limit(influence).T}
    fitted = {
        kind: np.stack([lasso_datamodels(masks[:count], values[:count]).weights for count in counts])
        for kind, values in outputs.items()
    }
    half = len(masks) // 2
    parts = (slice(0, half), slice(half, 2 * half))
    halves = np.stack([lasso_datamodels(masks[part], retrained[part]).weights for part in parts])
    return {"sizes": np.array(counts), **fitted, "halves": halves}
