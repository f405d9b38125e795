import numpy as np
import pytest

from influence_lab.attributions.retrieval import (
    bm25_scores,
    cosine_scores,
    mean_states,
    retrieval_scores,
    shared_token_idf,
    tfidf_scores,
    words,
)

TEXTS = ["water water hydrogen", "oxygen and iron", "iron rusts in water and oxygen", "helium"]
QUERIES = ["water is oxygen", "iron iron", "nothing of this"]


def split(lines):
    return [line.split() for line in lines]


@pytest.mark.parametrize("k1", [0.5, 1.5, 3.0])
def test_the_filter_is_a_sum_of_idf_over_shared_tokens_whatever_k1(k1):
    """(k₁ + 1)·1/(k₁ + 1) is exactly 1 in floating point; 1e-15 is left for the order of the sum."""
    texts, queries = split(TEXTS), split(QUERIES)
    assert np.allclose(tfidf_scores(texts, queries, k1), shared_token_idf(texts, queries), rtol=1e-14, atol=1e-15)


def test_the_sum_counts_a_repeated_token_once_and_a_rare_one_more():
    scores = shared_token_idf(split(TEXTS), split(QUERIES))
    idf = {count: np.log((4 - count + 0.5) / (count + 0.5) + 1) for count in (1, 2)}
    assert np.allclose(scores[0], [idf[2], idf[2], 2 * idf[2], 0])
    assert np.allclose(scores[2], 0)
    assert idf[1] > idf[2]


def test_bm25_counts_repetitions_and_length_where_the_filter_does_not():
    texts, queries = split(["iron iron copper", "iron copper zinc", "iron", "tin"]), split(["iron"])
    assert len(set(np.round(tfidf_scores(texts, queries)[0, :3], 12))) == 1
    assert len(set(np.round(bm25_scores(texts, queries)[0, :3], 12))) == 3


def test_words_are_lower_case_and_longer_than_a_letter():
    assert words(["Water is a CO2-like oxide."]) == [["water", "is", "co2", "like", "oxide"]]


def test_the_mean_leaves_padding_and_the_begin_mark_out():
    states = np.arange(8.0).reshape(1, 4, 2)
    assert np.allclose(mean_states(states, np.array([[1.0, 1.0, 1.0, 0.0]])), [[3.0, 4.0]])
    assert np.allclose(mean_states(states, np.array([[0.0, 0.0, 1.0, 0.0]])), [[3.0, 4.0]])  # a query's prompt counts


def test_a_part_common_to_all_texts_changes_no_cosine():
    rng = np.random.default_rng(0)
    texts, queries = rng.standard_normal((6, 4)), rng.standard_normal((3, 4))
    common = 10 * rng.standard_normal(4)
    assert np.allclose(cosine_scores(texts + common, queries + common), cosine_scores(texts, queries))


def test_all_filters_score_every_pair_and_repeat():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((4, 3)), rng.standard_normal((3, 3))
    once, again = (retrieval_scores(TEXTS, QUERIES, lambda text: [len(text)], *vectors, seed=1) for _ in range(2))
    assert set(once) == {"tfidf", "bm25", "embedding", "random"}
    assert all(np.array_equal(once[name], again[name]) and once[name].shape == (3, 4) for name in once)


@pytest.mark.parametrize(("texts", "queries"), [(["ab cd", "ef"], ["2 + 2"]), (["a", "b"], ["ab"]), (["1"], ["2"])])
def test_nothing_is_shared_where_there_are_no_words(texts, queries):
    """Words have two letters or more; numbers and single letters are none."""
    assert bm25_scores(words(texts), words(queries)).tolist() == [[0.0] * len(texts)]
