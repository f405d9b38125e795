import numpy as np
import pytest

from influence_lab.evaluations.head_flips import SCORES, head_flips, with_flips
from tests.models.head_cases import random_head


@pytest.fixture
def head():
    return random_head(n=400, scale=3.0)[0]


@pytest.mark.parametrize("share", [0.001, 0.05, 0.4])
def test_exactly_the_share_of_labels_changes_to_another_class(head, share):
    flipped, wrong = with_flips(head, share, np.random.default_rng(0))
    assert wrong.sum() == max(1, round(share * head.n))
    assert ((flipped.labels != head.labels) == wrong).all()
    assert set(flipped.labels) <= set(range(head.classes))


def test_every_score_finds_wrong_labels_better_than_chance(head):
    table = head_flips(head, 300, 0.1, 3, 1e-4, 1e-10)
    assert table.groupby("score").size().to_dict() == dict.fromkeys(SCORES, 3)
    assert (table["auc"] > 0.6).all()
    assert table[["auc", "average_precision", "recall"]].stack().between(0, 1).all()
