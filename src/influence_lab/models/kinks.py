"""Minimise a function with kinks, such as the loss of a ReLU network, and tell whether the end is a minimum."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

Array = np.ndarray
FALL, FLATTER = 1e-4, 0.9  # weak Wolfe conditions: how much lower a step must lead, and how much less steep
HALVINGS = 50  # of one step's length, 1e-15 of it
RECENT = 100  # gradients that a convex combination is sought of


class Search(NamedTuple):
    """Where a search went.

    Attributes:
        path: points that it stopped at, the start first, shape (s, p).
        gradients: there, shape (s, p).
    """

    path: Array
    gradients: Array

    def stationarity(self, share: float) -> float:
        """Length of the shortest convex combination of the last gradients near the end; zero at a minimum with a kink.

        At a kink the gradient jumps, so it need not vanish at a minimum; but the gradients of the sides that meet there
        can be combined to zero (Clarke 1975; sampled like this by Burke, Lewis and Overton 2005).

        Args:
            share: how near, as a share of the distance from the start to the end.
        """
        moves = np.linalg.norm(self.path - self.path[-1], axis=1)
        return shortest_combination(self.gradients[moves <= share * moves[0]][-RECENT:])


def shortest_combination(vectors: Array) -> float:
    r"""$\min \|\sum_i w_i v_i\|$ over weights $w_i \ge 0$ with $\sum_i w_i = 1$, for vectors of shape (k, p).

    As non-negative least squares with the sum as one more equation; any weights give an upper bound, so that a search
    that does not end counts as the last vector alone.

    >>> round(shortest_combination(np.array([[1.0, 1.0], [-3.0, 1.0]])), 6)
    1.0
    """
    size = np.linalg.norm(vectors, axis=1).max()
    if size == 0:
        return 0.0
    system = np.vstack([vectors.T / size, np.full(len(vectors), 10.0)])
    target = np.append(np.zeros(vectors.shape[1]), 10.0)
    try:
        weights = nnls(system, target, maxiter=5000)[0]
    except RuntimeError:
        weights = np.eye(len(vectors))[-1]
    return float(np.linalg.norm(weights / weights.sum() @ vectors))


def search(
    value: Callable[[Array], float],
    gradient: Callable[[Array], Array],
    start: Array,
    inverse: Array,
    tolerance: float = 1e-6,
    steps: int = 400,
) -> Search:
    """BFGS with a line search that bisects to the weak Wolfe conditions (Lewis and Overton 2013).

    The usual strong conditions ask for a nearly flat slope along the step, which beside a kink no step has: searches by
    them give up there. It ends when the gradient is short, when no step leads lower (as often at a kink), or after
    `steps` steps.

    Args:
        value: the function.
        gradient: its gradient, where it has one.
        start: shape (p,).
        inverse: first guess of the inverse Hessian, positive definite, shape (p, p).
        tolerance: on the gradient's length.
        steps: limit on steps.
    """
    point, height, slope = start, value(start), gradient(start)
    path, gradients = [point], [slope]
    for _ in range(steps):
        direction = -inverse @ slope
        if np.linalg.norm(slope) <= tolerance or slope @ direction >= 0:
            break
        found = _weak_wolfe(value, gradient, point, height, slope, direction)
        if found is None:
            break
        moved, turned = found[0] - point, found[2] - slope
        point, height, slope = found
        path.append(point)
        gradients.append(slope)
        inverse = _updated(inverse, moved, turned)
    return Search(np.array(path), np.array(gradients))


def _weak_wolfe(
    value: Callable, gradient: Callable, point: Array, height: float, slope: Array, direction: Array
) -> tuple[Array, float, Array] | None:
    """Point, value and gradient after an acceptable step, or None."""
    low, high, length, fall = 0.0, np.inf, 1.0, slope @ direction
    for _ in range(HALVINGS):
        there = point + length * direction
        level = value(there)
        if level > height + FALL * length * fall:
            high = length
        else:
            steep = gradient(there)
            if steep @ direction >= FLATTER * fall:
                return there, level, steep
            low = length
        length = 2 * low if np.isinf(high) else (low + high) / 2
    return None


def _updated(inverse: Array, moved: Array, turned: Array) -> Array:
    """BFGS's inverse Hessian after a step; the weak Wolfe conditions keep it positive definite."""
    along, pushed = moved @ turned, inverse @ turned
    cross = np.outer(pushed, moved)
    return inverse + (1 + turned @ pushed / along) * np.outer(moved, moved) / along - (cross + cross.T) / along
