"""How well a score finds the near-duplicates of an image among all others."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from influence_lab.attributions.duplicate_scores import HeadEmbedding, head_scores
from influence_lab.attributions.head_influence import grow_groups
from influence_lab.data.near_duplicates import Pairs, clusters

Array = np.ndarray

DEPTHS = (1, 5, 25, 100)


class Queries(NamedTuple):
    """Images whose near-duplicates are to be found, from different clusters and so independent of each other.

    Attributes:
        images: indices, shape (m,).
        duplicates: for each the images that form an accepted pair with it.
    """

    images: Array
    duplicates: list[Array]


def partners(pairs: Pairs, n: int) -> list[Array]:
    """For each of n images those that it forms a pair with."""
    links = coo_array((np.ones(len(pairs.first)), (pairs.first, pairs.second)), shape=(n, n)).tocsr()
    both = (links + links.T).tocsr()
    return np.split(both.indices, both.indptr[1:-1])


def draw_queries(pairs: Pairs, n: int, limit: int, seed: int) -> Queries:
    """One image of each cluster of near-duplicates, for at most `limit` clusters, all drawn at random.

    Args:
        pairs: accepted.
        n: images in the set.
        limit: most queries.
        seed: draws them.
    """
    beside, cluster = partners(pairs, n), clusters(pairs, n)
    order = np.random.default_rng(seed).permutation(np.unique(np.concatenate([pairs.first, pairs.second])).astype(int))
    _, first = np.unique(
        cluster[order], return_index=True
    )  # in random order, so the first of a cluster is a random one
    chosen = np.sort(order[np.sort(first)[:limit]])
    return Queries(chosen, [beside[image] for image in chosen])


def ranks(scores: Array, queries: Queries) -> list[Array]:
    """At which place each near-duplicate comes, 1 for the image with the largest score; the query itself is left out.

    Of equal scores the near-duplicate comes last, so that a score that says nothing finds nothing.

    Args:
        scores: shape (m, n), one row a query.
        queries: the m queries.
    """
    found = []
    for image, duplicates, row in zip(queries.images, queries.duplicates, scores, strict=True):
        others = row.copy()
        others[image] = -np.inf
        found.append((others[None] >= row[duplicates, None]).sum(axis=1))
    return found


def recall(places: Array, depth: int) -> float:
    """Share of near-duplicates among the first `depth` images, of as many as fit there.

    >>> recall(np.array([1, 30]), 25), recall(np.array([1, 30]), 1)
    (0.5, 1.0)
    """
    return float(np.sum(places <= depth) / min(len(places), depth))


def retrieval_rows(model: str, seed: int, method: str, queries: Queries, places: Sequence[Array]) -> pd.DataFrame:
    """One row a query: `model`, `seed`, `method`, `query`, `ranks` (a list) and `recall_1`, `recall_5`, …."""
    rows = [
        {"model": model, "seed": seed, "method": method, "query": int(image), "ranks": place.tolist()}
        | {f"recall_{depth}": recall(place, depth) for depth in DEPTHS}
        for image, place in zip(queries.images, places, strict=True)
    ]
    return pd.DataFrame(rows, columns=["model", "seed", "method", "query", "ranks", *(f"recall_{d}" for d in DEPTHS)])


def evaluate(model: str, seed: int, scores: Mapping[str, Array], queries: Queries) -> pd.DataFrame:
    """`retrieval_rows` of several scores, by their names."""
    return pd.concat(
        [retrieval_rows(model, seed, name, queries, ranks(values, queries)) for name, values in scores.items()]
    )


def evaluate_groups(
    model: str, seed: int, embedding: HeadEmbedding, queries: Queries, size: int, limit: int
) -> pd.DataFrame:
    """The same for the report's greedy groups, maximised and minimised, of the first `limit` queries.

    The place of an image is the step at which it joined, from 1, and beyond every depth where it did not join.
    """
    first = Queries(queries.images[:limit], queries.duplicates[:limit])
    size = min(size, len(embedding.influence) - 1)
    groups = {
        "greedy_largest": grow_groups(embedding.influence, first.images, size + 1).members,
        "greedy_smallest": grow_groups(embedding.influence, first.images, size + 1, "smallest").members,
    }
    tables = []
    for name, members in groups.items():
        never = len(embedding.influence)
        step = np.full((len(first.images), never), never)
        np.put_along_axis(step, members, np.arange(size + 1)[None], axis=1)
        places = [row[duplicates] for row, duplicates in zip(step, first.duplicates, strict=True)]
        tables.append(retrieval_rows(model, seed, name, first, places))
    return pd.concat(tables)


def pair_rows(model: str, seed: int, embedding: HeadEmbedding, queries: Queries, K: Array) -> pd.DataFrame:
    r"""Why raw influence finds a near-duplicate or not: one row for each query and each of its duplicates.

    Args:
        model: name of the model.
        seed: of its training.
        embedding: of its last layer.
        queries: the m queries.
        K: their raw influence on all images, shape (m, n).

    Returns:
        `model`, `seed`, `query`, `duplicate`, `influence` ($K_{qd}$), `query_self` ($K_{qq}$), `duplicate_self`
        ($K_{dd}$), `cosine`, `before`, the number of other images that come before the duplicate by their influence on
        the query, and `longer`, the share of images with a larger self-influence than the duplicate.
    """
    own = embedding.self_influence
    rows = []
    for image, duplicates, row, places in zip(queries.images, queries.duplicates, K, ranks(K, queries), strict=True):
        for other, place in zip(duplicates, places, strict=True):
            rows.append((image, other, row[other], own[image], own[other], place - 1, (own > own[other]).mean()))
    columns = ["query", "duplicate", "influence", "query_self", "duplicate_self", "before", "longer"]
    table = pd.DataFrame(rows, columns=columns)
    table["cosine"] = table["influence"] / np.sqrt(np.maximum(table["query_self"] * table["duplicate_self"], 1e-30))
    table.insert(0, "model", model)
    table.insert(1, "seed", seed)
    return table


def example_image(pairs: Pairs, labels: Array, classes: Sequence[str]) -> int:
    """The image with the most near-duplicates, an automobile as in the report if one has any; 0 where none has."""
    counts = np.bincount(np.concatenate([pairs.first, pairs.second]).astype(int), minlength=len(labels))
    automobile = np.array([name == "automobile" for name in classes])[labels]
    wanted = counts * automobile if (counts * automobile).any() else counts
    return int(wanted.argmax())


def example_groups(embedding: HeadEmbedding, image: int, size: int) -> tuple[dict[str, Array], dict[str, float]]:
    """The report's figure 12 for one image: what each way of asking finds first.

    Args:
        embedding: of one model.
        image: asked about.
        size: images found besides it.

    Returns:
        By name, the image and what was found, shape (size + 1,), and the mean influence K(q, x) of what was found.
    """
    asked = np.array([image])
    size = min(size, len(embedding.influence) - 1)
    scores = head_scores(embedding, asked)
    groups = {
        "greedy_smallest": grow_groups(embedding.influence, asked, size + 1, "smallest").members[0],
        "embedding_l2": _nearest(scores["embedding_l2"][0], image, size),
        "greedy_largest": grow_groups(embedding.influence, asked, size + 1).members[0],
        "cosine": _nearest(scores["cosine"][0], image, size),
    }
    K = scores["raw_largest"][0]
    return groups, {name: float(K[members[1:]].mean()) for name, members in groups.items()}


def _nearest(scores: Array, image: int, size: int) -> Array:
    order = np.argsort(-scores, kind="stable")
    return np.concatenate([[image], order[order != image][:size]])
