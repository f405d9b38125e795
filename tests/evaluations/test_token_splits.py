import numpy as np
import pandas as pd

from influence_lab.evaluations.token_splits import extremes, queries_first, split_differences, total_errors


def test_extremes_are_the_largest_then_the_smallest_and_none_twice():
    scores = np.array([0.5, -4.0, 3.0, 1.0, -1.0])
    assert extremes(scores, 2).tolist() == [2, 3, 4, 1]
    assert sorted(extremes(scores, 3).tolist()) == [0, 1, 2, 3, 4]


def test_difference_and_errors_of_a_pair():
    """Splits (3, 4) and (4, 3): sqrt(2)/5 apart, with sums of 7; a score of 8 is 1/8 away."""
    table = pd.DataFrame(
        {"query": 0, "text": [5, 5], "score": 8.0, "position_score": [3.0, 4.0], "loss_score": [4.0, 3.0]}
    )
    np.testing.assert_allclose(split_differences(table), [np.sqrt(2) / 5])
    np.testing.assert_allclose(total_errors(table), [[1 / 8, 1 / 8]])


def test_the_readers_own_query_comes_first():
    queries = pd.DataFrame({"kind": ["fact", "contrast", "fact", "mistake_true", "own"]})
    assert queries_first(queries, 2) == [4, 0]
    assert queries_first(queries, 9) == [4, 0, 2]
