r"""Volumes of data domains by influence: the derivative of a target's loss, and steps at constant total volume."""

import numpy as np

Array = np.ndarray


def volume_slopes(scores: Array, domains: Array, count: int) -> Array:
    r"""Derivative of the target's mean loss with respect to each domain's weight, shape (D,).

    In the objective $\frac1n \sum_d \beta_d \sum_{i \in d} L_i$ a change of $\beta_d$ up-weights each of its texts by
    $1/n$, so that

    $$\frac{\partial L_{target}}{\partial \beta_d} =
    -\nabla L_{target}^\top C^{-1} \frac1n \sum_{i \in d} \nabla L_i = -\frac1n \sum_{i \in d} I_i$$

    with $I_i$ the influence on $f = -L_{target}$ (Ming et al. 2025, whose C is K-FAC).

    Args:
        scores: I, shape (n,); positive where a text helped.
        domains: of each text, 0 to D − 1, shape (n,).
        count: D.
    """
    return -np.bincount(domains, weights=scores, minlength=count) / len(scores)


def stepped(weights: Array, slopes: Array, sizes: Array, step: float) -> Array:
    r"""Domain weights after one step against the slopes, at the same total volume $\sum_d \beta_d n_d$; shape (D,).

    Multiplicative: the volume shares $v_d = \beta_d n_d / \sum_d \beta_d n_d$ move on the simplex by
    $v_d \leftarrow v_d\,e^{-s u_d}$, normalised, with $u_d$ the slope of the loss in $v_d$ less its mean under v,
    divided by the largest $|u|$: before the shares are normalised, none changes by more than a factor $e^{s}$.

    Args:
        weights: β, shape (D,), positive.
        slopes: of the target's loss in β, shape (D,).
        sizes: texts of each domain, $n_d$, shape (D,), positive.
        step: s, positive.
    """
    total = float(weights @ sizes)
    shares = weights * sizes / total
    pulls = slopes / sizes
    pulls = pulls - shares @ pulls
    largest = np.abs(pulls).max()
    if largest == 0:
        return weights.copy()
    moved = shares * np.exp(-step * pulls / largest)
    return moved / moved.sum() * total / sizes
