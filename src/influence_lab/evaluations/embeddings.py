"""Datamodels as embeddings of their targets: principal components, subspaces, and whether two clusters separate."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import subspace_angles
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Array = np.ndarray
COMPONENTS = 4  # of which the report draws planes


class Principal(NamedTuple):
    """Principal components of embeddings.

    Attributes:
        scores: the targets in their coordinates, shape (targets, c), largest variance first.
        directions: orthonormal, shape (c, n); each with its largest entry positive.
        shares: of the variance, shape (c,).
    """

    scores: Array
    directions: Array
    shares: Array


def principal_components(weights: Array, count: int = COMPONENTS) -> Principal:
    """Principal components of datamodels, each target one point in n dimensions.

    Args:
        weights: shape (targets, n).
        count: c.
    """
    centred = weights - weights.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(count), np.abs(right[:count]).argmax(axis=1)])
    total = max((sizes**2).sum(), np.finfo(float).tiny)  # all zero: LASSO has found nothing
    return Principal(
        left[:, :count] * sizes[:count] * signs, right[:count] * signs[:, None], sizes[:count] ** 2 / total
    )


def right_guesses(scores: Array, labels: Array, folds: int = 5, repeats: int = 5) -> Array:
    """How often a linear classifier guesses each target's cluster, trained on other targets.

    Logistic regression on the standardised components, stratified cross-validation in several random foldings.

    Args:
        scores: shape (targets, c).
        labels: two clusters, shape (targets,).
        folds: parts of the cross-validation.
        repeats: random foldings.

    Returns:
        Share of foldings with the right guess, shape (targets,).
    """
    classifier = make_pipeline(StandardScaler(), LogisticRegression())
    guesses = [
        cross_val_predict(classifier, scores, labels, cv=StratifiedKFold(folds, shuffle=True, random_state=seed))
        for seed in range(repeats)
    ]
    return np.mean([guess == labels for guess in guesses], axis=0)


def balanced_accuracy(right: Array, labels: Array) -> tuple[float, float]:
    """Mean over two clusters of the share of right guesses, with the half-width of its 95 % interval over targets.

    In the interval alone, each cluster's share is moved towards one half as if four more targets had been guessed, two
    of them rightly (Agresti and Coull 1998): all targets guessed rightly are no proof that all others would be.

    Args:
        right: shares of right guesses, shape (targets,).
        labels: shape (targets,).
    """
    groups = [right[labels == label] for label in np.unique(labels)]
    variance = 0.0
    for group in groups:
        moved = (group.sum() + 2) / (len(group) + 4)
        variance += moved * (1 - moved) / (len(group) + 4) / len(groups) ** 2
    return float(np.mean([group.mean() for group in groups])), float(1.96 * np.sqrt(variance))


def principal_angles(first: Array, second: Array) -> Array:
    """Angles between the subspaces spanned by the rows of two arrays of shape (c, n), in degrees, smallest first."""
    return np.degrees(subspace_angles(first.T, second.T))[::-1]


def random_angles(n: int, count: int = COMPONENTS, draws: int = 200, seed: int = 0) -> Array:
    """Principal angles between random subspaces of dimension c in n dimensions, in degrees, shape (draws, c)."""
    rng = np.random.default_rng(seed)
    return np.array([principal_angles(*rng.normal(size=(2, count, n))) for _ in range(draws)])


def between_share(scores: Array, labels: Array) -> Array:
    """Share of each component's variance that lies between the clusters (η²), shape (c,); 0 where it has none."""
    centred = scores - scores.mean(axis=0)
    between = sum((labels == label).sum() * centred[labels == label].mean(axis=0) ** 2 for label in np.unique(labels))
    total = (centred**2).sum(axis=0)
    return np.divide(between, total, out=np.zeros(len(total)), where=total > 0)
