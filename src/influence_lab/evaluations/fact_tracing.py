"""How well scores find the texts that state what a query asks."""

import numpy as np

Array = np.ndarray


def ranking(scores: Array, relevant: Array) -> Array:
    """Texts from the largest score to the smallest; of equal scores the relevant ones come last.

    So a score that says nothing finds nothing.

    Args:
        scores: of one query, shape (n,).
        relevant: boolean, shape (n,).

    >>> ranking(np.array([1.0, 2.0, 1.0]), np.array([True, False, False])).tolist()
    [1, 2, 0]
    """
    return np.lexsort((relevant, -scores))


def tracing(scores: Array, relevant: Array, depth: int) -> dict[str, Array]:
    """Precision and reciprocal rank of each query.

    Args:
        scores: shape (m, n).
        relevant: boolean, which texts state the fact of which query, at least one each; shape (m, n).
        depth: k of the precision at a fixed k.

    Returns:
        `precision_k`, the share of relevant texts among the first k; `precision_carriers`, among as many as there are;
        `reciprocal_rank`, 1 over the place of the first; each of shape (m,).
    """
    hits = np.array([wanted[ranking(row, wanted)] for row, wanted in zip(scores, relevant, strict=True)])
    carriers = relevant.sum(axis=1)
    return {
        "precision_k": hits[:, :depth].mean(axis=1),
        "precision_carriers": np.array([row[:count].mean() for row, count in zip(hits, carriers, strict=True)]),
        "reciprocal_rank": 1 / (1 + hits.argmax(axis=1)),
    }


def relevance(facts: Array, stated: Array) -> Array:
    """Which texts state the fact of which query, shape (m, n); nothing is stated by an empty name.

    >>> relevance(np.array(["water"]), np.array(["water", "", "salt"])).tolist()
    [[True, False, False]]
    """
    return (facts[:, None] == stated[None]) & (stated != "")[None]
