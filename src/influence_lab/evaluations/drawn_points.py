"""Which training points are left out where leaving out all of them costs too much."""

import numpy as np

Array = np.ndarray


def drawn_points(n: int, count: int, seed: int) -> Array:
    """Training points to remove: `count` of n, all if there are no more, drawn by the seed, in increasing order."""
    return np.sort(np.random.default_rng([seed, 3]).choice(n, min(count, n), replace=False))
