import numpy as np
import pytest

from influence_lab.evaluations.language_removals import refit_without
from influence_lab.evaluations.top_removals import distinct, falls, top_removals, top_texts

SCORES = {"a": np.array([[3.0, 2.0, 1.0], [0.0, 1.0, 2.0]]), "b": np.array([[2.0, 3.0, 1.0], [2.0, 1.0, 0.0]])}
VALUES = np.array([[1.0, 2.0, 4.0], [1.0, 1.0, 1.0]])  # each text's share in log p, (m, n)


def test_falls_are_the_sums_of_what_is_removed_where_log_p_is_additive():
    removals = top_removals(SCORES, [0, 1], 2, 0)
    sets = distinct(removals)
    assert sets == [(0, 1), (1, 2)]  # three of the four lists agree
    base = VALUES.sum(axis=1)[None]
    outputs = np.array([[VALUES[:, [k for k in range(3) if k not in texts]].sum(axis=1) for texts in sets]])
    found = falls(removals, base, outputs)
    assert found["a"].tolist() == [3.0, 2.0]
    assert found["b"].tolist() == [3.0, 2.0]


def test_texts_of_equal_score_come_in_every_order():
    """12 texts, 4 of them above the others and 2 to be drawn from 8: each of these in a quarter of 400 seeds, ± 4 σ."""
    scores = np.repeat([1.0, 0.0], [4, 8])
    drawn = np.zeros(12)
    for seed in range(400):
        drawn[list(top_texts(scores, 6, seed))] += 1
    assert (drawn[:4] == 400).all()
    assert np.abs(drawn[4:] / 400 - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 400)


def test_methods_that_score_alike_remove_the_same_texts():
    equal = np.zeros((2, 9))
    removals = top_removals({"a": equal, "b": equal + 1}, [0, 1], 3, seed=5)
    assert len(distinct(removals)) == 1


def test_refits_that_are_done_are_not_done_again_but_those_of_other_work_are(tmp_path):
    asked: list[int] = []

    def refit(rows: np.ndarray) -> np.ndarray:
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(len(rows))
        return VALUES[:, rows].sum(axis=1)

    removals = top_removals(SCORES, [0, 1], 2, 0)
    with pytest.raises(KeyboardInterrupt):
        refit_without(removals, 3, refit, tmp_path, "one")
    asked.clear()
    found = refit_without(removals, 3, refit, tmp_path, "one")
    assert asked == [1]  # the base and the first set were kept
    assert found["base"].tolist() == [7.0, 3.0]
    assert found["outputs"].tolist() == [[4.0, 1.0], [1.0, 1.0]]
    asked.clear()
    with pytest.raises(KeyboardInterrupt):
        refit_without(removals, 3, refit, tmp_path, "other")
    assert asked == [3, 1]
