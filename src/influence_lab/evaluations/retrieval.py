"""Finding mislabelled training points by a score."""

import numpy as np
from sklearn.metrics import average_precision_score

Array = np.ndarray


def retrieval(scores: Array, wrong: Array) -> tuple[float, float]:
    """Average precision, and recall among as many points as there are wrong ones, largest scores first.

    Args:
        scores: shape (n,).
        wrong: which points are mislabelled, shape (n,), bool. Chance level of both numbers: their share.

    Raises:
        ValueError: no point is mislabelled.

    >>> retrieval(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))
    (0.8333333333333333, 0.5)
    """
    count = int(wrong.sum())
    if count == 0:
        raise ValueError("no point is mislabelled: there is nothing to find")
    first = np.argsort(-scores, kind="stable")[:count]
    return float(average_precision_score(wrong, scores)), float(wrong[first].mean())
