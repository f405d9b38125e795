"""Datamodels of the toy network by LASSO, from real retrainings and from their approximation by influence."""

from collections.abc import Sequence

import numpy as np

from influence_lab.attributions.datamodels import lasso_datamodels

Array = np.ndarray


def influence_limit(influence: dict[str, Array]) -> Array:
    """Datamodel weights by influence at the chosen damping, mean over the networks, shape (targets + embedded, n).

    The mean over starts, because a datamodel of retrainings averages over starts too.
    """
    return influence["weights"][chosen_place(influence)].mean(axis=0)


def chosen_place(influence: dict[str, Array]) -> int:
    """Place of the damping that predicts best the subsets that it was judged on, in the mean over networks."""
    return int(influence["damping_scores"].mean(axis=1).argmax())


def chosen_damping(influence: dict[str, Array]) -> float:
    """λ*, that damping."""
    return float(influence["dampings"][chosen_place(influence)])


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
