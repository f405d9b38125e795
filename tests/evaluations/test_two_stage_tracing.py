import numpy as np
import pandas as pd
import pytest

from influence_lab.evaluations.two_stage_tracing import FULL, agreement, sizes, stating, tracing_table

TEXTS = pd.DataFrame({"carries": ["water", "", "", "salt"], "states_wrong": ["", "salt/mistake", "", ""]})
FACTS = np.array(["water", "salt/mistake", "salt"])


def test_texts_that_state_a_right_or_a_planted_answer_are_found():
    np.testing.assert_array_equal(np.argwhere(stating(FACTS, TEXTS)), [[0, 0], [1, 1], [2, 3]])


def test_scores_that_know_the_answer_are_perfect_and_their_opposite_finds_nothing():
    relevant = stating(FACTS, TEXTS)
    table = tracing_table({FULL: relevant.astype(float), "dot": -relevant.astype(float)}, relevant, 1, 20, 0)
    carriers = table[table["metric"] == "precision_carriers"].set_index("variant")
    assert carriers.loc[FULL, "value"] == 1
    assert carriers.loc["dot", "value"] == 0
    assert carriers.loc["dot", "difference"] == -1
    assert carriers.loc["dot", "difference_high"] == -1
    assert np.isnan(carriers.loc[FULL, "difference"])


def test_agreement_is_of_ranks_and_with_itself_one():
    scores = np.random.default_rng(0).normal(size=(5, 40))
    found = agreement({"a": scores, "b": np.exp(scores), "c": -scores})
    assert found.loc["a", "b"] == pytest.approx(1)
    assert found.loc["a", "c"] == pytest.approx(-1)


def test_sizes_add_up_what_is_stated_and_nothing_else():
    relevant = np.array([[True, False, True]])
    assert sizes(np.array([[2.0, 100.0, 4.0]]), relevant, 3).tolist() == [2.0]
