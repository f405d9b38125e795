"""Removing the texts at the top of each method's list."""

from collections.abc import Mapping, Sequence

import numpy as np

Array = np.ndarray
Removals = dict[tuple[str, int], tuple[int, ...]]  # method and query: rows of texts


def top_removals(scores: Mapping[str, Array], queries: Sequence[int], depth: int, seed: int) -> Removals:
    """The texts with the largest scores, for each method and query.

    Args:
        scores: by method, shape (m, n).
        queries: rows of queries.
        depth: number of texts; at most n.
        seed: draws the order in which texts of equal score come.
    """
    return {
        (name, int(query)): top_texts(each[query], depth, seed) for name, each in scores.items() for query in queries
    }


def top_texts(scores: Array, depth: int, seed: int) -> tuple[int, ...]:
    """Rows of the texts with the largest scores (n,), ascending; equal scores in an order drawn once for all lists.

    In the order of the corpus statements come first, which would be an advantage to methods with many equal scores.

    >>> top_texts(np.array([0.0, 3.0, 1.0, 2.0]), 2, seed=0)
    (1, 3)
    """
    order = np.random.default_rng(seed).permutation(len(scores))
    return tuple(sorted(order[np.argsort(-scores[order], kind="stable")][:depth].tolist()))


def distinct(removals: Removals) -> list[tuple[int, ...]]:
    """Each set of texts once, in order: what several methods agree on is retrained without only once."""
    return sorted(set(removals.values()))


def falls(removals: Removals, base: Array, outputs: Array) -> dict[str, Array]:
    """By how much each query's log p fell without its texts, in nats, by method; shape (queries,), mean over seeds.

    Args:
        removals: as `top_removals` gave them.
        base: log p with all texts, shape (S, m).
        outputs: log p without each distinct set, shape (S, sets, m).
    """
    place = {texts: number for number, texts in enumerate(distinct(removals))}
    found: dict[str, list[float]] = {}
    for (name, query), texts in removals.items():
        fall = base[:, query] - outputs[:, place[texts], query]
        found.setdefault(name, []).append(float(fall.mean()))
    return {name: np.array(each) for name, each in found.items()}


def spread_over(count: int, chosen: int) -> list[int]:
    """Up to `chosen` of `count` rows, evenly.

    >>> spread_over(10, 3)
    [0, 3, 6]
    """
    chosen = min(count, chosen)
    return [number * count // chosen for number in range(chosen)]
