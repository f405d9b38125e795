"""TRAK (Park et al. 2023): attribution by the randomly projected after-kernel, step by step."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray


class Features(NamedTuple):
    r"""Steps 1 and 2: one model, linearised and projected.

    Attributes:
        train: Φ, rows $\phi_i = P^\top \nabla f(z_i)$ of the training points, shape (n, d).
        targets: φ(z) of the targets, shape (m, d).
        wrong: $1 - p_i$ of the training points, p the probability of the right class, shape (n,).
    """

    train: Array
    targets: Array
    wrong: Array


def projection(parameters: int, dimension: int, seed: int | Sequence[int]) -> Array:
    r"""Random matrix P of independent $\mathcal N(0, 1/d)$ entries, shape (p, d): lengths are kept on average.

    >>> projection(3, 2, seed=0).shape
    (3, 2)
    """
    return np.random.default_rng(seed).normal(size=(parameters, dimension)) / np.sqrt(dimension)


def features(network: LogisticNetwork, X: Array, y: Array, matrix: Array) -> Features:
    r"""Step 1, linearise $f = \log\frac{p}{1 - p}$ at the trained θ; step 2, project its gradients.

    Args:
        network: trained, with its training points.
        X: inputs of the targets, shape (m, inputs).
        y: labels of the targets, shape (m,).
        matrix: P, shape (p, d).
    """
    wrong = expit(-network.margins(network.X, network.y))
    return Features(
        network.margin_gradients(network.X, network.y) @ matrix, network.margin_gradients(X, y) @ matrix, wrong
    )


def newton_scores(model: Features) -> Array:
    r"""Step 3 in full: what one Newton step changes when a point is taken out of logistic regression on the features.

    $\tau_i(z) = \dfrac{\phi(z)^\top (\Phi^\top R \Phi)^{-1} \phi_i}{1 - h_i}\,(1 - p_i)$ with
    $R = \mathrm{diag}\,p_i(1 - p_i)$ and the leverage $h_i = p_i(1 - p_i)\,\phi_i^\top(\Phi^\top R\Phi)^{-1}\phi_i$
    (Pregibon 1981): f(z) with the point less f(z) without it.

    Returns:
        Shape (m, n).
    """
    train, targets, wrong = model
    variance = wrong * (1 - wrong)  # R
    inverse = np.linalg.pinv((train * variance[:, None]).T @ train, hermitian=True) @ train.T  # (d, n)
    leverage = variance * np.sum(train * inverse.T, axis=1)
    return targets @ inverse * wrong / (1 - leverage)


def kernel(model: Features) -> Array:
    r"""Step 3 as TRAK keeps it: $\phi(z)^\top(\Phi^\top\Phi)^{-1}\Phi^\top$, R and leverage dropped. Shape (m, n)."""
    return model.targets @ inverse_features(model.train)


def inverse_features(train: Array) -> Array:
    r"""$(\Phi^\top\Phi)^{-1}\Phi^\top$, shape (d, n); the pseudo-inverse where the features are dependent."""
    return np.linalg.pinv(train.T @ train, hermitian=True) @ train.T


def ensemble(kernels: Array, wrong: Array) -> Array:
    r"""Step 4: kernels and errors, each averaged over M models trained on random subsets.

    $\tau(z) = \bigl(\frac1M\sum_m \phi_m(z)^\top(\Phi_m^\top\Phi_m)^{-1}\Phi_m^\top\bigr)
    \odot \bigl(\frac1M\sum_m (1 - p_{m,i})\bigr)$.

    Args:
        kernels: one a model, shape (M, m, n).
        wrong: $1 - p_{m,i}$, shape (M, n).

    Returns:
        Shape (m, n).
    """
    return kernels.mean(axis=0) * wrong.mean(axis=0)


def soft_threshold(scores: Array, kept: float) -> Array:
    r"""Step 5: $\mathrm{sign}(\tau)\max(|\tau| - \lambda, 0)$, with λ such that a share of each target's scores stays.

    Args:
        scores: shape (m, n).
        kept: share of scores that stay non-zero; with 1 nothing changes.

    >>> soft_threshold(np.array([[3.0, -2.0, 1.0, 0.5]]), 0.5).tolist()
    [[2.0, -1.0, 0.0, 0.0]]
    """
    place = round(kept * scores.shape[1])
    sizes = np.sort(np.abs(scores), axis=1)[:, ::-1]
    limit = sizes[:, place : place + 1] if place < scores.shape[1] else 0.0
    return np.sign(scores) * np.maximum(np.abs(scores) - limit, 0)
