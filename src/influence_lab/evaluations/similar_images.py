"""Images that are similar to a query, by several embeddings: what they share with it, and with each other's answers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

Array = np.ndarray

WAYS = {  # way of looking: the embedding, and whether its largest product or its least distance counts
    "cosine": ("cosine influence", "product"),
    "raw": ("influence K", "product"),
    "features": ("penultimate features", "distance"),
}


def nearest(features: Array, queries: Array, count: int, by: str) -> Array:
    """The images most similar to each query, the query itself left out, the most similar first.

    Args:
        features: shape (n, r).
        queries: indices, shape (q,).
        count: images for each query, below n.
        by: "product", the largest dot product; or "distance", the least Euclidean distance.

    Returns:
        Shape (q, count).
    """
    score = features[queries] @ features.T  # (q, n)
    if by == "distance":
        score -= 0.5 * np.einsum("ij,ij->i", features, features)
    score[np.arange(len(queries)), queries] = -np.inf
    leading = np.argpartition(-score, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(score, leading, axis=1), axis=1, kind="stable")
    return np.take_along_axis(leading, order, axis=1)


def similarity_table(found: Mapping[str, Array], queries: Array, labels: Array, predictions: Array) -> pd.DataFrame:
    """For each query and way: what its nearest images share with it.

    Args:
        found: by way, shape (q, count).
        queries: shape (q,).
        labels: of all images, shape (n,).
        predictions: likewise.

    Returns:
        Columns way, query, same_label, same_prediction, same_pair (shares of the nearest images), hubs (share of them
        that are among the nearest of another query as well), and for each way `overlap_{way}`, the share that it too
        has found.
    """
    rows = []
    for way, answers in found.items():
        times = np.bincount(answers.ravel(), minlength=len(labels))
        for place, (query, answer) in enumerate(zip(queries, answers, strict=True)):
            label, prediction = labels[answer] == labels[query], predictions[answer] == predictions[query]
            overlaps = {
                f"overlap_{other}": float(np.isin(answer, theirs[place]).mean()) for other, theirs in found.items()
            }
            row = {"way": way, "query": int(query), "same_label": label.mean(), "same_prediction": prediction.mean()}
            rows.append(row | {"same_pair": (label & prediction).mean(), "hubs": (times[answer] > 1).mean()} | overlaps)
    return pd.DataFrame(rows)


def all_similarities(runs: Mapping[tuple[str, int], Mapping[str, Array]]) -> pd.DataFrame:
    """`similarity_table` of every model and training seed, with the columns model and seed.

    Args:
        runs: arrays of `partition_arrays` by model and training seed.
    """
    tables = []
    for (model, seed), arrays in runs.items():
        found = {way: arrays[f"similar_{way}"] for way in WAYS}
        table = similarity_table(found, arrays["queries"], arrays["labels"], arrays["predictions"])
        tables.append(table.assign(model=model, seed=seed))
    return pd.concat(tables, ignore_index=True)
