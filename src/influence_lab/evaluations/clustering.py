"""Plain clustering, to compare functioning groups with: k-means and spectral clustering, with and without an oracle."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

Array = np.ndarray

COUNTS = range(2, 9)  # numbers of clusters that a baseline may choose from; it is told that there are two or more


def k_means(points: Array, clusters: int | None = None) -> Array:
    """Labels of k-means, best of ten starts.

    Args:
        points: shape (n, d).
        clusters: their true number (an oracle), or None for the number in `COUNTS` with the largest mean silhouette.
    """
    if clusters is not None:
        return _k_means(points, clusters)
    candidates = [_k_means(points, count) for count in COUNTS]
    return max(candidates, key=lambda labels: silhouette_score(points, labels))


def spectral(points: Array, neighbours: int, clusters: int | None = None) -> Array:
    r"""Labels of spectral clustering (Ng, Jordan and Weiss 2002) on the graph of nearest neighbours.

    The graph's weights are $W = (A + A^\top)/2$ with $A_{ij} = 1$ for j among the nearest of i, and
    $\mathcal L = I - D^{-1/2} W D^{-1/2}$; k-means clusters the rows, scaled to length 1, of its first eigenvectors.

    Args:
        points: shape (n, d), compared by Euclidean distance.
        neighbours: of each point in the graph.
        clusters: their true number (an oracle), or None for the number in `COUNTS` after which the gap between
            consecutive eigenvalues is largest.
    """
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distance, np.inf)
    A = np.zeros(distance.shape)
    np.put_along_axis(A, np.argsort(distance, axis=1, kind="stable")[:, :neighbours], 1.0, axis=1)
    W = (A + A.T) / 2
    root = np.sqrt(W.sum(axis=1))
    values, vectors = np.linalg.eigh(np.eye(len(W)) - W / np.outer(root, root))
    if clusters is None:
        gaps = np.diff(values)  # gaps[k − 1] follows the k-th eigenvalue
        clusters = max(COUNTS, key=lambda count: gaps[count - 1])
    rows = vectors[:, :clusters]
    return _k_means(rows / np.linalg.norm(rows, axis=1, keepdims=True), clusters)


def _k_means(points: Array, clusters: int) -> Array:
    return KMeans(clusters, n_init=10, random_state=0).fit_predict(points)
