import numpy as np
import pytest

from influence_lab.evaluations.fact_tracing import relevance, tracing

RELEVANT = np.array([[True, False, True, False, False]])


def test_the_best_order_has_precision_one_and_a_constant_score_finds_nothing():
    best = tracing(RELEVANT.astype(float), RELEVANT, 3)
    assert best["precision_carriers"].item() == best["reciprocal_rank"].item() == 1.0
    assert best["precision_k"].item() == pytest.approx(2 / 3)  # 2 of 3 places can be right
    constant = tracing(np.zeros((1, 5)), RELEVANT, 3)
    assert constant["precision_carriers"].item() == constant["precision_k"].item() == 0.0
    assert constant["reciprocal_rank"].item() == 1 / 4  # after the three others


def test_increasing_maps_of_the_scores_change_nothing():
    scores = np.random.default_rng(0).normal(size=(4, 5))
    relevant = np.random.default_rng(1).random((4, 5)) < 0.5
    relevant[:, 0] = True
    one, other = tracing(scores, relevant, 2), tracing(np.exp(3 * scores), relevant, 2)
    assert all((one[name] == other[name]).all() for name in one)


def test_a_query_without_a_fact_has_no_relevant_text():
    assert not relevance(np.array([""]), np.array(["", "water"])).any()
