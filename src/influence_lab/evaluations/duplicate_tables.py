"""The tables of page 08_near_duplicates: every score on the same queries."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from influence_lab.attributions.duplicate_scores import embed, head_scores, squared_distances
from influence_lab.attributions.trak import ensemble
from influence_lab.data.near_duplicates import Pairs
from influence_lab.evaluations.duplicate_retrieval import (
    Queries,
    evaluate,
    evaluate_groups,
    example_groups,
    example_image,
    pair_rows,
)
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray


class HeadTables(NamedTuple):
    """What one trained model's last layer says.

    Attributes:
        retrieval: `duplicate_retrieval.retrieval_rows` of all its scores and of the greedy groups.
        pairs: `duplicate_retrieval.pair_rows`.
        example: arrays of the example image's groups, named `{model}_{seed}_{method}` and, for their mean
            influence on it, `{model}_{seed}_{method}_influence`; for the distances, `{model}_{seed}_distance`.
    """

    retrieval: pd.DataFrame
    pairs: pd.DataFrame
    example: dict[str, Array]


def head_tables(
    model: str,
    seed: int,
    head: SoftmaxHead,
    pairs: Pairs,
    queries: Queries,
    classes: Sequence[str],
    rule: Mapping[str, Any],
) -> HeadTables:
    """All that the last layer of one model is asked.

    Args:
        model: its name.
        seed: of its training.
        head: on the training images.
        pairs: accepted near-duplicates.
        queries: drawn from them.
        classes: their names.
        rule: `cutoff`, `damping` and `directions` of `duplicate_scores.embed`; `size` of groups and `groups`, how many.
    """
    embedding = embed(head, rule["cutoff"], rule["damping"], rule["directions"])
    scores = head_scores(embedding, queries.images)
    retrieval = [
        evaluate(model, seed, scores, queries),
        evaluate_groups(model, seed, embedding, queries, rule["size"], rule["groups"]),
    ]
    image = example_image(pairs, head.labels, classes)
    groups, influence = example_groups(embedding, image, rule["size"])
    example = {f"{model}_{seed}_{name}": members for name, members in groups.items()}
    example |= {f"{model}_{seed}_{name}_influence": np.array(value) for name, value in influence.items()}
    distances = np.sqrt(np.maximum(squared_distances(embedding.features, np.array([image]))[0], 0))
    example[f"{model}_{seed}_distance"] = distances[groups["embedding_l2"]]
    why = pair_rows(model, seed, embedding, queries, scores["raw_largest"])
    return HeadTables(pd.concat(retrieval), why, example)


def pixel_table(images: Array, queries: Queries) -> pd.DataFrame:
    """The baseline that knows no model: distance of the pixels. Its model is "none", its seed 0.

    Args:
        images: uint8, shape (n, 32, 32, 3).
        queries: the m queries.
    """
    rows = images.reshape(len(images), -1).astype(np.float32)
    return evaluate("none", 0, {"pixel_l2": -squared_distances(rows, queries.images)}, queries)


def all_layer_table(found: Sequence[Mapping[str, Array]], queries: Queries) -> pd.DataFrame:
    """Gradient cosine and TRAK of each CNN, and TRAK of all of them together, where there are several (seed −1).

    Args:
        found: of each training seed, from 0, the arrays of `cnn_trak.AllLayers`.
        queries: the m queries.
    """
    tables = []
    for seed, one in enumerate(found):
        scores = {"gradient_cosine": one["cosine"], "trak": one["kernel"] * one["wrong"]}
        tables.append(evaluate("cnn", seed, scores, queries))
    if len(found) > 1:
        together = ensemble(np.stack([one["kernel"] for one in found]), np.stack([one["wrong"] for one in found]))
        tables.append(evaluate("cnn", -1, {"trak": together}, queries))
    return pd.concat(tables) if tables else pd.DataFrame()


def sketch_check(found: Mapping[str, Array], queries: Queries) -> dict[str, Array]:
    """How far TRAK's projection moves the cosines of pairs of queries.

    Args:
        found: arrays of `cnn_trak.AllLayers`.
        queries: the m queries.

    Returns:
        `sketch_dimension`, and `sketch_errors`, cosine after less cosine before, of the m (m − 1) / 2 pairs.
    """
    upper = np.triu_indices(len(queries.images), 1)
    errors = (found["sketched"] - found["cosine"][:, queries.images])[upper]
    return {"sketch_dimension": np.asarray(found["dimension"]), "sketch_errors": errors}


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other, those without rows left out unless all are."""
    full = [table for table in tables if len(table)]
    return pd.concat(full or tables[:1], ignore_index=True)
