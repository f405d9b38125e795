r"""Influence between groups of training points: sums of $K_{ij} = g_i^\top H^{-1} g_j$ over both groups."""

import numpy as np

from influence_lab.attributions.influence import influence, solve

Array = np.ndarray


def kernel(train_gradients: Array, curvature: Array) -> Array:
    r"""$K_{ij} = g_i^\top H^{-1} g_j$: positive where the points pull alike, its diagonal self-influence.

    The sign is that of a removal, the opposite of the influence value $-g_i^\top H^{-1} g_j$: taking point j away
    raises the loss of point i by about $K_{ij}/n$.

    Args:
        train_gradients: g_i, gradients of the training losses without the regulariser, shape (n, p).
        curvature: H, shape (p, p), positive definite.

    Returns:
        Shape (n, n), symmetric and positive semidefinite.

    Raises:
        NotPositiveDefiniteError: the curvature has an eigenvalue ≤ 0.
    """
    K = train_gradients @ solve(curvature, train_gradients.T)  # (n, p) @ (p, n)
    return (K + K.T) / 2  # symmetric to the last bit


def group_influence(K: Array, groups: Array, targets: Array) -> Array:
    r"""The report's Definition 2.5, $\mathcal I(w, w') = (\sum_i w_i g_i)^\top H^{-1} (\sum_i w'_i g_i) = w^\top K w'$.

    Removing group w raises the summed loss of group w' by about this over n, to first order. (The report starts its
    sums at i = 0, a slip: points are numbered from 1.)

    Args:
        K: `kernel`, shape (n, n).
        groups: w, 1 for the points of a group and 0 for the others, shape (..., n).
        targets: w', shape (..., n); pass the groups again for the influence I(S) of a group on itself.

    Returns:
        One number a pair of rows, shape (...).

    >>> K = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> group_influence(K, np.array([[1, 0], [1, 1]]), np.array([[1, 0], [1, 1]])).tolist()
    [2.0, 7.0]
    """
    return np.sum((groups @ K) * targets, axis=-1)


def removal_effects(groups: Array, measurement_gradients: Array, train_gradients: Array, curvature: Array) -> Array:
    r"""First-order change of measurements when groups are removed, $\frac1n \nabla f^\top H^{-1} \sum_i w_i g_i$.

    It is −1/n times the sum of the members' influences (Koh et al. 2019).

    Args:
        groups: w, shape (k, n).
        measurement_gradients: ∇f, shape (m, p).
        train_gradients: g_i, shape (n, p).
        curvature: H, shape (p, p).

    Returns:
        Shape (k, m), in units of the measurement.
    """
    return -groups @ influence(measurement_gradients, train_gradients, curvature).T / len(train_gradients)
