"""How well predicted effects agree with measured ones."""

import numpy as np

Array = np.ndarray


def correlations(first: Array, second: Array) -> Array:
    """Pearson correlation along the last axis, over training points; the axes before it are kept.

    Raises:
        ValueError: a row is constant, so that its correlation is not defined.

    >>> correlations(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]])).round(12).tolist()
    [1.0]
    """
    first, second = (values - values.mean(axis=-1, keepdims=True) for values in (first, second))
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    if not (lengths > 0).all():
        raise ValueError("a row of effects is constant; its correlation is not defined")
    return np.sum(first * second, axis=-1) / lengths
