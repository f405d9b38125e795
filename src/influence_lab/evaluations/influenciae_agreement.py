"""How far influenciae's attributions of the toy network are from ours."""

import numpy as np
import pandas as pd
from scipy.special import expit

from influence_lab.attributions.gradients import tracin
from influence_lab.attributions.influence import influence
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray
PINV_CUT = 10.0  # tf.linalg.pinv drops singular values below 10 · p · (float32 rounding) · the largest


def agreement(
    found: dict[str, Array],
    trained: LogisticNetwork,
    X: Array,
    y: Array,
    dampings: tuple[float, float],
    rate: float,
    decay: float,
) -> pd.DataFrame:
    """Largest difference from our float64 scores, relative to the largest score.

    Args:
        found: arrays of `influenciae_toy`.
        trained: the exported network.
        X: test inputs, shape (m, d).
        y: test labels, shape (m,).
        dampings: λ of `exact` and of `exact_raised`.
        rate: learning rate of TracIn.
        decay: λ of representer points.

    Returns:
        Columns `what`, `against`, `error` and `correlation`.
    """
    tests, gradients, G = trained.loss_gradients(X, y), trained.train_gradients, trained.gauss_newton()
    few, last = found["conjugate_gradient"].shape[1], trained.network.blocks[-1]
    low, high = (G + value * np.eye(len(G)) for value in dampings)
    rows = [
        ("exact, damping as in the scoreboard", "ours", found["exact"], -influence(tests, gradients, low)),
        ("exact, the same", "ours, inverse cut like theirs", found["exact"], tests @ cut_inverse(low) @ gradients.T),
        ("exact, larger damping", "ours", found["exact_raised"], -influence(tests, gradients, high)),
        ("TracIn, last checkpoint", "ours", found["tracin"], -tracin(tests[None], gradients[None], np.array([rate]))),
        (
            "conjugate gradient, last layer",
            "ours, pseudo-inverse",
            found["conjugate_gradient"],
            tests[:, last] @ np.linalg.pinv(G[last, last], rcond=1e-10, hermitian=True) @ gradients[:few, last].T,
        ),
    ]
    # representer points at influenciae's own last layer
    features, y_train = found["features"].astype(float), trained.y
    alphas = (y_train - expit(features @ found["surrogate"].astype(float))) / (2 * decay * len(y_train))
    active = (features > 0).sum(axis=1)
    rows += [
        ("representer points, α", "the formula at their last layer", found["alphas"], alphas),
        ("representer points, α", "that times the active hidden units", found["alphas"], alphas * active),
    ]
    return pd.DataFrame(
        [
            (what, against, relative_error(theirs, ours), correlation(theirs, ours))
            for what, against, theirs, ours in rows
        ],
        columns=["what", "against", "error", "correlation"],
    )


def cut_inverse(matrix: Array) -> Array:
    """The inverse without the eigenvalues that `tf.linalg.pinv` takes for zero in single precision."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > PINV_CUT * len(values) * np.finfo(np.float32).eps * values[-1]
    return vectors[:, kept] / values[kept] @ vectors[:, kept].T


def relative_error(theirs: Array, ours: Array) -> float:
    """Largest absolute difference over the largest absolute value of ours."""
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())


def correlation(theirs: Array, ours: Array) -> float:
    """Pearson's, over all entries."""
    return float(np.corrcoef(theirs.ravel(), ours.ravel())[0, 1])
