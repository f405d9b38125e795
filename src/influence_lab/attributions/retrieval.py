"""Scores of retrieval: which texts look like a query. They cost next to nothing and need no gradient.

Grosse et al. (2023) and the blog (section 1.5.1) put such a score before influence, as a filter.
"""

from collections.abc import Callable, Sequence

import bm25s
import numpy as np

Array = np.ndarray
Tokens = Sequence[Sequence[str]]


def retrieval_scores(
    texts: Sequence[str],
    queries: Sequence[str],
    tokens: Callable[[str], list[int]],
    text_vectors: Array,
    query_vectors: Array,
    seed: int,
) -> dict[str, Array]:
    """Scores of every text for every query by four filters, each of shape (queries, texts).

    Args:
        texts: the texts.
        queries: prompts with their completions, as Grosse et al. ask, or prompts alone.
        tokens: token ids of a text, by the model's tokenizer.
        text_vectors: one vector of each text, shape (texts, d).
        query_vectors: one vector of each query, shape (queries, d).
        seed: draws the random filter.

    Returns:
        `tfidf` (Grosse's form, over the model's tokens), `bm25` (over words), `embedding` (cosine) and `random`.
    """
    return {
        "tfidf": tfidf_scores(as_tokens(texts, tokens), as_tokens(queries, tokens)),
        "bm25": bm25_scores(words(texts), words(queries)),
        "embedding": cosine_scores(text_vectors, query_vectors),
        "random": np.random.default_rng(seed).random((len(queries), len(texts))),
    }


def as_tokens(texts: Sequence[str], tokens: Callable[[str], list[int]]) -> list[list[str]]:
    """Token ids of each text, written as strings, which is what the search library indexes."""
    return [[str(token) for token in tokens(text)] for text in texts]


def tfidf_scores(texts: Tokens, queries: Tokens, k1: float = 1.5) -> Array:
    r"""$\sum_{t \in Q} \mathrm{idf}(t)\,\frac{(k_1 + 1)\,1[t \in D]}{k_1 + 1[t \in D]}$, shape (queries, texts).

    The form in Grosse et al. (2023, section 3.2), run as what it is: BM25 on sets of tokens (term frequency 0 or 1)
    without length normalisation, $\mathrm{idf}(t) = \log(\frac{C - c(t) + 1/2}{c(t) + 1/2} + 1)$ for C texts, c(t) with
    the token. The fraction is 0 or 1 whatever k₁.
    """
    index = bm25s.BM25(method="atire", idf_method="lucene", k1=k1, b=0.0, dtype="float64")
    return _scores(index, [sorted(set(text)) for text in texts], [sorted(set(query)) for query in queries])


def shared_token_idf(texts: Tokens, queries: Tokens) -> Array:
    r"""$\sum_{t \in Q \cap D} \mathrm{idf}(t)$, shape (queries, texts): what the form above comes to, written out."""
    vocabulary = sorted({token for text in texts for token in text})
    held = np.array([[token in text for token in vocabulary] for text in map(set, texts)], float)  # (texts, tokens)
    asked = np.array([[token in query for token in vocabulary] for query in map(set, queries)], float)
    count = held.sum(axis=0)
    idf = np.log((len(texts) - count + 0.5) / (count + 0.5) + 1)
    return (asked * idf) @ held.T


def tfidf_variants(
    texts: Sequence[str], queries: Sequence[str], tokens: Callable[[str], list[int]]
) -> dict[str, Array]:
    """The TF-IDF filter with two other values of k₁, as a sum written out, and over words in place of tokens.

    Returns:
        `k1_0.5`, `k1_3`, `sum` and `words`, each of shape (queries, texts).
    """
    held, asked = as_tokens(texts, tokens), as_tokens(queries, tokens)
    return {
        "k1_0.5": tfidf_scores(held, asked, k1=0.5),
        "k1_3": tfidf_scores(held, asked, k1=3.0),
        "sum": shared_token_idf(held, asked),
        "words": tfidf_scores(words(texts), words(queries)),
    }


def bm25_scores(texts: Tokens, queries: Tokens) -> Array:
    """BM25 as bm25s comes (Lucene's variant, k₁ = 1.5, b = 0.75), shape (queries, texts)."""
    return _scores(bm25s.BM25(dtype="float64"), texts, queries)


def words(texts: Sequence[str]) -> list[list[str]]:
    """Lower-case words of two letters or more."""
    return bm25s.tokenize(list(texts), stopwords=None, return_ids=False, show_progress=False)


def cosine_scores(texts: Array, queries: Array) -> Array:
    """Cosine of vectors of shape (texts, d) and (queries, d), the texts' mean taken off both; shape (queries, texts).

    Hidden states share a large common part, which makes all cosines nearly 1 and says nothing of a text.
    """
    mean = texts.mean(axis=0)
    return _unit(queries - mean) @ _unit(texts - mean).T


def mean_states(states: Array, weights: Array) -> Array:
    """The mean over tokens of hidden states (n, T, d), padding and the begin mark left out; shape (n, d).

    The state of the begin mark is the same for every text, and about fifty times as long as the others in SmolLM2.

    Args:
        states: at each position, which sees the tokens up to it.
        weights: (n, T), 1 where the position is followed by a token of the text.
    """
    counted = (np.cumsum(weights[:, ::-1], axis=1)[:, ::-1] > 0).astype(states.dtype)
    counted[:, 0] = 0.0
    return np.einsum("ntd,nt->nd", states, counted) / counted.sum(axis=1, keepdims=True)


def _scores(index: bm25s.BM25, texts: Tokens, queries: Tokens) -> Array:
    """0 where nothing can be shared: bm25s fails on a query without words, and where no text has one."""
    found = np.zeros((len(queries), len(texts)))
    if any(texts):
        index.index([list(text) for text in texts], show_progress=False)
        for row, query in enumerate(queries):
            if query:
                found[row] = index.get_scores(list(query))
    return found


def _unit(vectors: Array) -> Array:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
