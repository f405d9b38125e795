r"""Representer points (Yeh et al. 2018): a regularised last layer's logit as a sum over training points."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from influence_lab.models.refit import minimise
from influence_lab.models.regression import LogisticRegression

Array = np.ndarray


class Representers(NamedTuple):
    r"""A last layer at its optimum, written as $w = \sum_i \alpha_i \phi_i$.

    Attributes:
        features: φ_i, what enters the last layer, with its 1; shape (n, d).
        alphas: α_i, shape (n,): positive for points that pull the logit up.
        weights: w, the fitted last layer, shape (d,).
    """

    features: Array
    alphas: Array
    weights: Array

    def values(self, features: Array) -> Array:
        r"""$\alpha_i\,\phi_i^\top\phi$ for each input: its part in the logit. Rows add up to the logits.

        Args:
            features: φ of the inputs, shape (m, d).

        Returns:
            Shape (m, n), in units of the logit.
        """
        return features @ self.features.T * self.alphas

    def own(self) -> Array:
        r"""$|\alpha_i|\,\|\phi_i\|^2$, how much of its own logit a training point carries, shape (n,)."""
        return np.abs(self.alphas) * np.sum(self.features**2, axis=1)


def representers(features: Array, y: Array, decay: float) -> Representers:
    r"""Fit the last layer with L2 and read off $\alpha_i = -\frac{1}{\lambda n}\frac{\partial L_i}{\partial f}$.

    At the minimum of $\frac1n\sum_i L(y_i, w^\top\phi_i) + \frac{\lambda}{2}\|w\|^2$ the gradient is zero, so
    $w = -\frac{1}{\lambda n}\sum_i \frac{\partial L_i}{\partial f}\phi_i$. Yeh et al. write the regulariser
    $\lambda\|w\|^2$, hence $2\lambda$ in their formula. It holds for the fitted layer only: the network's own, trained
    without the regulariser or stopped early, is not such a sum.

    Args:
        features: φ_i with a 1 for the bias, which is regularised too; shape (n, d).
        y: labels 0 or 1, shape (n,).
        decay: λ > 0.

    Raises:
        NotConvergedError: the fit does not reach a gradient of 1e-12.
    """
    weights = minimise(LogisticRegression(features, y, decay), np.zeros(features.shape[1])).theta
    return Representers(features, (y - expit(features @ weights)) / (decay * len(features)), weights)
