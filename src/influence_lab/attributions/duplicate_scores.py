r"""Scores by which an image may be asked for those most like it, from the last layer of a model.

Larger means more alike. With Φ the influence embedding, $K_{qx} = \phi_q^\top\phi_x$.
"""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.head_influence import Whitening, influence_features, searchable, whitening
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray

FLAT = 1e-6  # share of the largest eigenvalue, below which directions are left out of a cut divisor

# Names of the scores for readers, in the order of tables.
METHODS = {
    "raw_largest": "influence, largest",
    "raw_smallest": "influence, smallest",
    "cosine": "cosine influence",
    "ell_relatif": "ℓ-RelatIF",
    "theta_relatif": "θ-RelatIF",
    "theta_relatif_cut": "θ-RelatIF, divisor cut",
    "embedding_product": "embedding, inner product",
    "embedding_l2": "embedding, L2 distance",
    "embedding_cosine": "embedding, cosine",
    "embedding_label": "embedding, L2, same label first",
    "gradient_cosine": "gradient cosine, all layers",
    "trak": "TRAK, all layers",
    "pixel_l2": "pixels, L2 distance",
    "greedy_largest": "greedy group, maximised",
    "greedy_smallest": "greedy group, minimised",
}


class HeadEmbedding(NamedTuple):
    r"""What the scores of one model are made of.

    Attributes:
        influence: Φ, shape (n, r), float32.
        self_influence: $K_{xx}$, shape (n,).
        parameter_change: $\|H^+ g_x\|$, shape (n,).
        cut_change: the same in the directions whose eigenvalue is above `FLAT` times the largest, shape (n,).
        features: h without its 1, shape (n, d), float32.
        labels: shape (n,).
    """

    influence: Array
    self_influence: Array
    parameter_change: Array
    cut_change: Array
    features: Array
    labels: Array


def embed(head: SoftmaxHead, cutoff: float, damping: float, directions: int) -> HeadEmbedding:
    r"""Influence embedding of a head's images: on the Hessian's range, or damped for a head that is too large.

    Args:
        head: the last layer and its training images.
        cutoff: share of the largest eigenvalue below which one counts as zero.
        damping: λ, for a large head only.
        directions: features that a large head is reduced to.
    """
    used, added = searchable(head, directions, damping)
    white = whitening(used.hessian(), cutoff, added)
    influence = influence_features(used, white)
    steep = white.eigenvalues[: white.rank] > FLAT * white.eigenvalues[0]
    changes = _changes(influence, white, np.column_stack([np.ones_like(steep), steep]))
    features = head.features[:, :-1].astype(np.float32)
    return HeadEmbedding(influence, _squares(influence), *changes.T, features, head.labels)


def head_scores(embedding: HeadEmbedding, queries: Array) -> dict[str, Array]:
    r"""Scores of all images for some of them, by their names in `METHODS`, each of shape (m, n).

    Raw influence is $K_{qx}$; cosine influence divides by $\sqrt{K_{qq}K_{xx}}$, ℓ-RelatIF by $\sqrt{K_{xx}}$ and
    θ-RelatIF by $\|H^+g_x\|$. An image without a gradient scores zero.

    Gradients know the label and the embedding does not: its distance with images of the query's label first is there
    to compare with. The inner product of embeddings $h_q^\top h_x$ is to their cosine what raw influence is to cosine
    influence.
    """
    K = embedding.influence[queries] @ embedding.influence.T
    lengths = np.sqrt(np.maximum(embedding.self_influence, 1e-30)).astype(np.float32)
    h = embedding.features
    product, norms = h[queries] @ h.T, np.maximum(np.linalg.norm(h, axis=1), 1e-30)
    distances = squared_distances(h, queries)
    other = embedding.labels[queries, None] != embedding.labels
    return {
        "raw_largest": K,
        "raw_smallest": -K,
        "cosine": K / lengths / lengths[queries, None],
        "ell_relatif": K / lengths,
        "theta_relatif": K / np.maximum(embedding.parameter_change, 1e-30).astype(np.float32),
        "theta_relatif_cut": K / np.maximum(embedding.cut_change, 1e-30).astype(np.float32),
        "embedding_product": product,
        "embedding_l2": -distances,
        "embedding_label": -distances - 2 * distances.max(initial=0) * other,
        "embedding_cosine": product / norms / norms[queries, None],
    }


def squared_distances(rows: Array, queries: Array) -> Array:
    """Squared distances of some rows from all, shape (m, n), zero or more up to rounding."""
    squares = _squares(rows).astype(rows.dtype)
    return squares[queries, None] + squares - 2 * rows[queries] @ rows.T


def _squares(rows: Array) -> Array:
    return np.einsum("ij,ij->i", rows, rows, dtype=float)


def _changes(influence: Array, white: Whitening, kept: Array, chunk: int = 4096) -> Array:
    r"""$\|H^+g\|$ on some of the directions: with $L = V D$ and V orthonormal, $\|L\phi\|^2 = \sum_k D_k^2\phi_k^2$.

    Args:
        influence: Φ, shape (n, r).
        white: L.
        kept: which directions, one column a choice, shape (r, c).
        chunk: images at a time.

    Returns:
        Shape (n, c).
    """
    scales = _squares(white.factor.T)[:, None] * kept
    parts = [np.square(influence[start : start + chunk], dtype=float) for start in range(0, len(influence), chunk)]
    return np.sqrt(np.concatenate([part @ scales for part in parts]))
