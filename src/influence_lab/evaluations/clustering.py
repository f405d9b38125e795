"""Plain clustering, to compare functioning groups with: k-means, spectral clustering, and mutual nearest neighbours."""

from functools import partial

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

Array = np.ndarray

COUNTS = range(2, 9)  # numbers of clusters that a baseline may choose from; it is told that there are two or more
SMALL = 0.02  # an eigenvalue below it counts as a cluster of its own
FLOOR = 1e-3  # added to eigenvalues before their ratio is taken, as those of separate parts are 0 up to rounding

INDICES = {
    "silhouette": silhouette_score,
    "Calinski-Harabasz": calinski_harabasz_score,
    "Davies-Bouldin": lambda points, labels: -davies_bouldin_score(points, labels),
}


def k_means(points: Array, clusters: int | str = "silhouette") -> Array:
    """Labels of k-means, best of ten starts.

    Args:
        points: shape (n, d).
        clusters: their true number (an oracle), or the key of `INDICES` that chooses the number in `COUNTS`.
    """
    if isinstance(clusters, int):
        return _k_means(points, clusters)
    candidates = [_k_means(points, count) for count in COUNTS]
    return max(candidates, key=lambda labels: INDICES[clusters](points, labels))


def spectral(points: Array, neighbours: int, clusters: int | str = "largest gap") -> Array:
    r"""Labels of spectral clustering (Ng, Jordan and Weiss 2002) on the graph of nearest neighbours.

    The graph's weights are $W = (A + A^\top)/2$ with $A_{ij} = 1$ for j among the nearest of i, and
    $\mathcal L = I - D^{-1/2} W D^{-1/2}$; k-means clusters the rows, scaled to length 1, of its first eigenvectors.

    Args:
        points: shape (n, d), compared by Euclidean distance.
        neighbours: of each point in the graph.
        clusters: their true number (an oracle), or how eigenvalues choose the number in `COUNTS`: the key of
            `EIGENVALUE_COUNTS`.
    """
    A = _nearest(points, neighbours).astype(float)
    W = (A + A.T) / 2
    root = np.sqrt(W.sum(axis=1))
    values, vectors = np.linalg.eigh(np.eye(len(W)) - W / np.outer(root, root))
    count = clusters if isinstance(clusters, int) else EIGENVALUE_COUNTS[clusters](values)
    rows = vectors[:, :count]
    return _k_means(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), count)


def _largest_gap(values: Array) -> int:
    return max(COUNTS, key=lambda count: values[count] - values[count - 1])


def _largest_ratio(values: Array) -> int:
    return max(COUNTS, key=lambda count: (values[count] + FLOOR) / (values[count - 1] + FLOOR))


def _small_eigenvalues(values: Array) -> int:
    return int(np.clip(np.sum(values < SMALL), COUNTS[0], COUNTS[-1]))


EIGENVALUE_COUNTS = {
    "largest gap": _largest_gap,
    "largest ratio": _largest_ratio,
    f"eigenvalues below {SMALL:g}": _small_eigenvalues,
}


def mutual_neighbours(points: Array, neighbours: int) -> Array:
    r"""Labels of the connected parts of the graph that links two points if each is among the other's nearest.

    Points in parts of `neighbours` points or fewer join the larger part that holds their nearest point, if there is
    one: the rule of `functioning_partition` without other classes, by Euclidean distance. On features of mean cosine
    influence the distance is $\sqrt{2 - 2\hat K}$, so this is the rule itself but for other classes.

    Args:
        points: shape (n, d).
        neighbours: k.
    """
    near = _nearest(points, neighbours)
    labels = connected_components(near & near.T, directed=False)[1]
    large = np.bincount(labels)[labels] > neighbours
    hosts = np.flatnonzero(large)
    for x in np.flatnonzero(~large) if len(hosts) else ():
        labels[x] = labels[hosts[np.argmin(np.linalg.norm(points[hosts] - points[x], axis=1))]]
    return labels


BASELINES = {  # for each method the variants that tuning draws choose from, the first of equally good ones
    "k-means": {index: partial(k_means, clusters=index) for index in INDICES},
    "spectral": {
        f"{neighbours} neighbours, {rule}": partial(spectral, neighbours=neighbours, clusters=rule)
        for neighbours in (5, 10, 20)
        for rule in EIGENVALUE_COUNTS
    },
    "mutual neighbours": {
        f"{neighbours} neighbours": partial(mutual_neighbours, neighbours=neighbours) for neighbours in (5, 10, 20)
    },
}


def _nearest(points: Array, neighbours: int) -> Array:
    """Truth values, shape (n, n): whether j is among the nearest of i; of equally near points the first counts."""
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.zeros(distance.shape, dtype=bool)
    np.put_along_axis(near, np.argsort(distance, axis=1, kind="stable")[:, :neighbours], True, axis=1)
    return near


def _k_means(points: Array, clusters: int) -> Array:
    return KMeans(clusters, n_init=10, random_state=0).fit_predict(points)
