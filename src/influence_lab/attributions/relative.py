r"""Relative influence (RelatIF; Barshan, Brunet and Dziugaite 2020) and other normalisations of influence scores."""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.influence import influence, solve

Array = np.ndarray

SCORES = {  # name: how a reader sees it
    "raw": "influence",
    "theta": "θ-RelatIF",
    "ell": "ℓ-RelatIF",
    "gradient": "over squared gradient norm",
}


class Normalisers(NamedTuple):
    r"""What influence is divided by, one number a training point, shape (n,).

    Attributes:
        theta: $\|H^{-1}g_i\|$, the length of the parameters' response per unit of ε.
        ell: $\sqrt{g_i^\top H^{-1} g_i}$, the root mean square response of the losses if H is the Fisher information.
        gradient: $\|g_i\|^2$, the squared norm of the loss gradient.
    """

    theta: Array
    ell: Array
    gradient: Array


def normalisers(train_gradients: Array, curvature: Array) -> Normalisers:
    """The three training-point normalisers.

    Args:
        train_gradients: g_i, gradients of the training losses without the regulariser, shape (n, p).
        curvature: H, Hessian of the whole objective with its regulariser, shape (p, p).

    Raises:
        ValueError: a gradient is zero; such a point changes nothing, and has no relative influence.
        NotPositiveDefiniteError: the curvature has an eigenvalue ≤ 0.
    """
    gradient = np.sum(train_gradients**2, axis=1)
    if not gradient.all():
        raise ValueError(f"training point {int(np.argmin(gradient))} has a zero gradient, so nothing to divide by")
    responses = solve(curvature, train_gradients.T).T  # (n, p)
    return Normalisers(
        np.linalg.norm(responses, axis=1), np.sqrt(np.sum(train_gradients * responses, axis=1)), gradient
    )


def relative_influences(test_gradients: Array, train_gradients: Array, curvature: Array) -> dict[str, Array]:
    r"""Influence $I_{ij} = -\nabla f_i^\top H^{-1} g_j$, as it is and over each normaliser of the training point j.

    θ-RelatIF: $I_{ij} / \|H^{-1}g_j\|$. ℓ-RelatIF: $I_{ij} / \sqrt{g_j^\top H^{-1} g_j}$. Both are cosines between two
    vectors, times a length that depends on the measurement alone.

    Args:
        test_gradients: ∇f_i, gradients of the measurements, shape (m, p).
        train_gradients: g_j, shape (n, p).
        curvature: H, shape (p, p).

    Returns:
        For each key of `SCORES` an array of shape (m, n). Units: the measurement (raw), per length of θ (theta),
        per root mean square change of a loss (ell).

    Raises:
        ValueError: a training gradient is zero.
        NotPositiveDefiniteError: the curvature has an eigenvalue ≤ 0.

    >>> scores = relative_influences(np.eye(2), 5 * np.eye(2), np.diag([1.0, 4.0]))
    >>> {name: np.diag(values).tolist() for name, values in scores.items()}
    {'raw': [-5.0, -1.25], 'theta': [-1.0, -1.0], 'ell': [-1.0, -0.5], 'gradient': [-0.2, -0.05]}
    """
    raw = influence(test_gradients, train_gradients, curvature)
    return {"raw": raw} | {name: raw / norm for name, norm in normalisers(train_gradients, curvature)._asdict().items()}


def self_influences(train_gradients: Array, curvature: Array) -> dict[str, Array]:
    r"""What up-weighting a point takes off its own loss, $g_i^\top H^{-1} g_i$ (positive), over each normaliser.

    For ℓ-RelatIF it is the square root of the raw score, so both rank the points alike.

    Returns:
        For each key of `SCORES` an array of shape (n,).

    Raises:
        ValueError: a training gradient is zero.
        NotPositiveDefiniteError: the curvature has an eigenvalue ≤ 0.
    """
    norms = normalisers(train_gradients, curvature)
    raw = norms.ell**2
    return {"raw": raw} | {name: raw / norm for name, norm in norms._asdict().items()}


def blog_normaliser(test_gradients: Array, curvature: Array) -> Array:
    r"""The denominator that the blog writes (1.2.1): $\|H^{-1}\nabla f_i\|$ of the measurement, shape (m,)."""
    return np.linalg.norm(solve(curvature, test_gradients.T), axis=0)
