import numpy as np
import pytest

from influence_lab.evaluations.language_removals import refit_without
from influence_lab.evaluations.top_removals import distinct, falls, top_removals

SCORES = {"a": np.array([[3.0, 2.0, 1.0], [0.0, 1.0, 2.0]]), "b": np.array([[2.0, 3.0, 1.0], [2.0, 1.0, 0.0]])}
VALUES = np.array([[1.0, 2.0, 4.0], [1.0, 1.0, 1.0]])  # each text's share in log p, (m, n)


def test_falls_are_the_sums_of_what_is_removed_where_log_p_is_additive():
    removals = top_removals(SCORES, [0, 1], 2)
    sets = distinct(removals)
    assert sets == [(0, 1), (1, 2)]  # three of the four lists agree
    base = VALUES.sum(axis=1)[None]
    outputs = np.array([[VALUES[:, [k for k in range(3) if k not in texts]].sum(axis=1) for texts in sets]])
    found = falls(removals, base, outputs)
    assert found["a"].tolist() == [3.0, 2.0]
    assert found["b"].tolist() == [3.0, 2.0]


def test_refits_that_are_done_are_not_done_again_but_those_of_other_work_are(tmp_path):
    asked: list[int] = []

    def refit(rows: np.ndarray) -> np.ndarray:
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(len(rows))
        return VALUES[:, rows].sum(axis=1)

    removals = top_removals(SCORES, [0, 1], 2)
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
