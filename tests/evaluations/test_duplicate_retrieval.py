import numpy as np
import pytest

from influence_lab.attributions.duplicate_scores import HeadEmbedding, head_scores
from influence_lab.data.near_duplicates import Pairs
from influence_lab.evaluations.duplicate_retrieval import (
    Queries,
    draw_queries,
    evaluate,
    evaluate_groups,
    example_groups,
    example_image,
    pair_rows,
    partners,
    ranks,
    recall,
)


def links(first, second):
    first, second = np.array(first, dtype=int), np.array(second, dtype=int)
    return Pairs(first, second, np.zeros(len(first), bool), np.ones(len(first)), np.ones(len(first)))


PAIRS = links([0, 0, 1, 5], [1, 2, 3, 6])  # clusters {0, 1, 2, 3} and {5, 6}


def embedding(features):
    features = np.asarray(features, dtype=float)
    own = np.einsum("ij,ij->i", features, features)
    return HeadEmbedding(features, own, np.sqrt(own), np.sqrt(own), features, np.zeros(len(features), int))


def test_partners_are_both_ends_of_each_pair():
    found = [sorted(one.tolist()) for one in partners(PAIRS, 8)]
    assert found == [[1, 2], [0, 3], [0], [1], [], [6], [5], []]


@pytest.mark.parametrize("seed", range(5))
def test_one_query_of_each_cluster_and_no_more_than_the_limit(seed):
    chosen = draw_queries(PAIRS, 8, limit=10, seed=seed).images.tolist()
    assert len(chosen) == 2
    assert chosen[0] in (0, 1, 2, 3)
    assert chosen[1] in (5, 6)
    assert len(draw_queries(PAIRS, 8, limit=1, seed=seed).images) == 1


def test_without_pairs_there_are_no_queries_and_an_empty_table():
    queries = draw_queries(links([], []), 8, limit=10, seed=0)
    assert len(queries.images) == 0
    table = evaluate("cnn", 0, {"cosine": np.empty((0, 8))}, queries)
    assert len(table) == 0
    assert "recall_25" in table
    assert example_image(links([], []), np.zeros(8, int), ["cat"]) == 0


def test_ranks_leave_the_query_out_and_put_ties_last():
    queries = Queries(np.array([0]), [np.array([1, 3])])
    assert ranks(np.array([[9.0, 5.0, 7.0, 5.0, 5.0]]), queries)[0].tolist() == [4, 4]
    assert ranks(np.array([[9.0, 8.0, 7.0, 6.0, 5.0]]), queries)[0].tolist() == [1, 3]
    assert ranks(np.zeros((1, 5)), queries)[0].tolist() == [4, 4]


def test_recall_counts_as_many_as_fit():
    assert recall(np.arange(1, 51), 25) == 1.0
    assert recall(np.array([1, 2, 30, 40]), 25) == 0.5
    assert recall(np.array([26]), 25) == 0.0


def test_a_copy_with_a_short_gradient_is_found_by_cosine_and_overtaken_in_raw_influence():
    features = np.concatenate([[[0.1, 0.0], [0.1, 0.0]], np.tile([5.0, 5.0], (30, 1))])
    one = embedding(features)
    queries = Queries(np.array([0]), [np.array([1])])
    scores = head_scores(one, queries.images)
    table = evaluate("cnn", 0, scores, queries).set_index("method")
    assert table.loc["cosine", "recall_1"] == 1.0
    assert table.loc["embedding_l2", "recall_1"] == 1.0
    assert table.loc["raw_largest", "recall_25"] == 0.0
    row = pair_rows("cnn", 0, one, queries, scores["raw_largest"]).iloc[0]
    assert row["before"] == 30
    assert row["cosine"] == pytest.approx(1.0)


def test_places_in_a_group_are_steps_and_absence_is_beyond_every_depth():
    one = embedding([[1.0, 0.0], [0.9, 0.1], [2.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    queries = Queries(np.array([0]), [np.array([1, 4])])
    table = evaluate_groups("cnn", 0, one, queries, size=2, limit=5).set_index("method")
    assert list(table.loc["greedy_largest", "ranks"]) == [2, 5]
    assert table.loc["greedy_smallest", "recall_1"] == 0.0


def test_the_example_is_the_automobile_with_the_most_duplicates():
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 0])
    assert example_image(PAIRS, labels, ["cat", "dog"]) in (0, 1)
    assert example_image(PAIRS, labels, ["cat", "automobile"]) in (5, 6)


def test_the_groups_of_the_example_hold_the_image_and_are_ranked_by_influence():
    one = embedding(np.random.default_rng(0).normal(size=(40, 3)))
    groups, influence = example_groups(one, 7, size=5)
    assert all(len(set(members.tolist())) == 6 and members[0] == 7 for members in groups.values())
    nearest = np.argsort(np.linalg.norm(one.features - one.features[7], axis=1))[:6]
    np.testing.assert_array_equal(groups["embedding_l2"], nearest)
    assert influence["greedy_smallest"] < influence["greedy_largest"]
