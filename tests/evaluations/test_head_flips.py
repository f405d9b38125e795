import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.head_flips import SCORES, head_flips, with_flips
from influence_lab.models.softmax_head import SoftmaxHead
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


def test_among_classes_far_apart_every_score_finds_just_the_wrong_labels():
    """No right label is doubtful there, so all wrong ones come before all right ones: every measure is 1."""
    labels = np.arange(200) % 4
    features = np.column_stack([np.eye(4)[labels], np.ones(200)])
    features[:, :4] += 0.01 * np.random.default_rng(0).standard_normal((200, 4))
    table = head_flips(SoftmaxHead(features, 5 * features[:, :4], labels), 100, 0.1, 3, 1e-2, 1e-10)
    assert_allclose(table[["auc", "average_precision", "recall"]], 1, rtol=1e-12)  # sums of a few float64
