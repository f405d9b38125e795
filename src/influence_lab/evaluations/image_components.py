r"""Principal components of an influence embedding, as the report's figure 2 shows them for datamodels.

The second moment of the raw embedding is $\frac1n\Phi^\top\Phi = L^\top \hat F L$ with the empirical Fisher information
$\hat F = \frac1n\sum_i g_i g_i^\top$ and $H^+ = LL^\top$. Where a model knows its own errors, $\hat F = H$ and all its
eigenvalues are 1: influence has no leading components but those of miscalibration.
"""

from typing import NamedTuple

import numpy as np

from influence_lab.evaluations.embeddings import between_share

Array = np.ndarray


class Components(NamedTuple):
    """Leading principal components of an embedding, about the origin, which is its mean at an optimum.

    Attributes:
        scores: coordinates of the images, shape (n, c).
        moments: all eigenvalues of ΦᵀΦ/n, in decreasing order, shape (r,).
    """

    scores: Array
    moments: Array

    @property
    def shares(self) -> Array:
        """Share of ΣK_ii along each leading component, shape (c,)."""
        return self.moments[: self.scores.shape[1]] / self.moments.sum()


def components(features: Array, count: int) -> Components:
    """Principal components; each is turned so that its largest coordinate is positive.

    Args:
        features: Φ, shape (n, r).
        count: c, clipped to r.
    """
    moments, vectors = np.linalg.eigh((features.T @ features).astype(float) / len(features))
    leading = vectors[:, ::-1][:, :count].astype(features.dtype)
    scores = features @ leading
    scores *= np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])])
    return Components(scores, np.maximum(moments[::-1], 0))


def extremes(scores: Array, count: int) -> tuple[Array, Array]:
    """Images with the most positive and the most negative coordinates, the extreme first: two arrays (c, count)."""
    order = np.argsort(scores, axis=0, kind="stable").T
    return order[:, ::-1][:, :count], order[:, :count]


def explained(scores: Array, labels: Array, predictions: Array, residuals: Array, features: Array) -> dict[str, Array]:
    r"""Share of each component's variance that a model of the images explains, each of shape (c,).

    Args:
        scores: shape (n, c).
        labels: shape (n,).
        predictions: shape (n,).
        residuals: r = p − e_y, shape (n, K).
        features: h with its 1, shape (n, d + 1).

    Returns:
        `label`, `prediction`, `pair` of both: share between the groups, η². `residual`, `feature`: R² of linear
        regression on r and on h.
    """
    pair = labels * residuals.shape[1] + predictions
    groups = {"label": labels, "prediction": predictions, "pair": pair}
    shares = {name: between_share(scores, group) for name, group in groups.items()}
    ones = np.ones((len(scores), 1))
    return shares | {
        "residual": _r_squared(scores, np.hstack([residuals, ones])),
        "feature": _r_squared(scores, features),
    }


def _r_squared(scores: Array, inputs: Array) -> Array:
    centred = scores - scores.mean(axis=0)
    left = centred - inputs @ np.linalg.lstsq(inputs.T @ inputs, inputs.T @ centred, rcond=None)[0]
    total = (centred**2).sum(axis=0)
    return 1 - np.divide((left**2).sum(axis=0), total, out=np.ones(len(total)), where=total > 0)
