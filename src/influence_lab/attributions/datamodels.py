"""Linear datamodels: what a network gives on a point, predicted from the subset that it was trained on."""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import lasso_path

Array = np.ndarray
PENALTIES = np.logspace(0, -2.5, 20)  # fractions of the smallest penalty that sets every weight to zero


class Datamodels(NamedTuple):
    r"""Predictions $\hat f(z; S) = \tau_0(z) + \sum_{i \in S} \tau_i(z)$.

    Attributes:
        weights: τ, shape (targets, n), in units of the output.
        intercepts: τ₀, shape (targets,).
        penalties: the chosen fraction of the largest penalty, shape (targets,); zeros for least squares.
    """

    weights: Array
    intercepts: Array
    penalties: Array

    def predict(self, masks: Array) -> Array:
        """Predicted outputs, shape (k, targets), of masks of shape (k, n)."""
        return self.intercepts + masks @ self.weights.T


def lasso_datamodels(masks: Array, outputs: Array, validation_share: float = 0.2) -> Datamodels:
    r"""Fit a datamodel for each target by LASSO, its penalty λ chosen for each target on validation subsets.

    $\min_{\tau, \tau_0} \frac{1}{2k}\sum_{j=1}^{k} (f(z; S_j) - \tau_0 - \sum_{i \in S_j} \tau_i)^2
    + \lambda\|\tau\|_1$ (Ilyas et al. 2022). λ comes from 20 values down to 1/316 of the one that gives zero weights:
    the one with the least squared error on the last subsets, fitted on the others. Then all subsets are fitted with it.

    Args:
        masks: 1 for a point in the subset, shape (k, n).
        outputs: f(z; S_j), shape (k, targets).
        validation_share: share of the subsets that λ is chosen on.

    Raises:
        ValueError: fewer than five subsets, or as many outputs as masks are not there.
    """
    masks, outputs = np.asarray(masks, dtype=float), np.asarray(outputs, dtype=float)
    if len(masks) < 5 or len(outputs) != len(masks):
        raise ValueError(
            f"need 5 or more subsets, each with its outputs; got {len(masks)} masks, {len(outputs)} outputs"
        )
    cut = len(masks) - max(1, round(validation_share * len(masks)))
    part, whole = _Centred(masks[:cut], outputs[:cut]), _Centred(masks, outputs)
    unseen = masks[cut:] - part.mean_mask
    weights, chosen = np.zeros((outputs.shape[1], masks.shape[1])), np.zeros(outputs.shape[1])
    for target in range(outputs.shape[1]):
        paths = part.path(target, PENALTIES)  # (n, penalties)
        errors = (unseen @ paths - (outputs[cut:, target] - part.mean_output[target])[:, None]) ** 2
        best = int(errors.mean(axis=0).argmin())
        weights[target] = whole.path(target, PENALTIES[: best + 1])[:, -1]
        chosen[target] = PENALTIES[best]
    return Datamodels(weights, whole.mean_output - weights @ whole.mean_mask, chosen)


def least_squares_datamodels(masks: Array, outputs: Array) -> Datamodels:
    """Fit datamodels by least squares, the shortest weights where many fit equally well.

    Args:
        masks: shape (k, n).
        outputs: shape (k, targets).
    """
    mean_mask, mean_output = masks.mean(axis=0), outputs.mean(axis=0)
    weights = np.linalg.lstsq(masks - mean_mask, outputs - mean_output)[0].T
    return Datamodels(weights, mean_output - weights @ mean_mask, np.zeros(len(weights)))


def bernoulli_masks(n: int, share: float, models: int, seed: int) -> Array:
    """Masks with each point in or out by itself, so that subsets differ in size; shape (models, n).

    >>> bernoulli_masks(1000, 0.5, 2, seed=0).sum(axis=1).tolist()
    [473.0, 534.0]
    """
    return (np.random.default_rng(seed).random((models, n)) < share).astype(float)


def influence_weights(influence: Array) -> Array:
    r"""Datamodel weights by influence, $\tau_i(z) = I_i(z)/n$, of the same shape (..., n).

    Taking point i out is ε = −1/n, so to first order $f(z; S) \approx f(z; \hat\theta) - \sum_{i \notin S} I_i(z)/n$:
    affine in the mask, with slope I_i/n at point i.

    Args:
        influence: derivative of f(z) when point i is up-weighted by ε beside the mean loss, shape (..., n).
    """
    return influence / influence.shape[-1]


class _Centred:
    """Masks and outputs less their means, with the products that coordinate descent needs."""

    def __init__(self, masks: Array, outputs: Array) -> None:
        self.mean_mask, self.mean_output = masks.mean(axis=0), outputs.mean(axis=0)
        self.masks, self.outputs = np.asfortranarray(masks - self.mean_mask), outputs - self.mean_output
        self.gram = self.masks.T @ self.masks
        self.products = self.masks.T @ self.outputs  # (n, targets)

    def path(self, target: int, fractions: Array) -> Array:
        """LASSO weights of one target for each fraction of its largest penalty, shape (n, fractions)."""
        products = np.ascontiguousarray(self.products[:, target])
        largest = max(np.abs(products).max() / len(self.masks), np.finfo(float).tiny)
        return lasso_path(
            self.masks,
            self.outputs[:, target],
            alphas=largest * fractions,
            precompute=self.gram,
            Xy=products,
            tol=1e-4,
            max_iter=5000,
        )[1]
