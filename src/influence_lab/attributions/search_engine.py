"""A search engine inside this process: lancedb, for the nearest vectors and for full text. No server, no network."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory

import lancedb
import numpy as np
from lancedb.index import FTS

Array = np.ndarray


def search(
    texts: Sequence[str], vectors: Array, queries: Sequence[str], query_vectors: Array, count: int
) -> dict[str, Array]:
    """The texts most similar to each query, best first.

    The texts go into a table in a temporary folder, which is gone afterwards. The nearest vectors are found by
    comparing with all of them; from about 100,000 texts on, lancedb's approximate index would be made first.

    Args:
        texts: the corpus.
        vectors: of the texts, shape (texts, d); compared by cosine.
        queries: their words are searched for in the texts (lancedb's BM25).
        query_vectors: shape (queries, d).
        count: texts that are asked for.

    Returns:
        `vector` and `words`: rows of the corpus, shape (queries, count). Where fewer texts than `count` share a word
        with a query, the rest is −1.
    """
    with TemporaryDirectory() as folder:
        table = lancedb.connect(folder).create_table(
            "texts",
            [
                {"row": row, "text": text, "vector": vector}
                for row, (text, vector) in enumerate(zip(texts, vectors.astype(np.float32), strict=True))
            ],
        )
        table.create_index("text", config=FTS())
        nearest = [
            table.search(vector).distance_type("cosine").limit(count).select(["row", "_distance"]).to_list()
            for vector in query_vectors.astype(np.float32)
        ]
        matching = [
            table.search(query, query_type="fts").limit(count).select(["row", "_score"]).to_list() for query in queries
        ]
    return {
        "vector": _rows(nearest, "_distance", 1, count),
        "words": _rows(matching, "_score", -1, count),
    }


def _rows(found: list[list[dict]], value: str, sign: int, count: int) -> Array:
    """Rows in the order of the engine's values; equal ones in the corpus's order, so that a rerun gives the same."""
    rows = np.full((len(found), count), -1)
    for place, hits in enumerate(found):
        ordered = sorted(hits, key=lambda hit: (sign * hit[value], hit["row"]))
        rows[place, : len(ordered)] = [hit["row"] for hit in ordered]
    return rows
