import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.evaluations.influence_questions import by_layer, helped, lists_compared, wrong_answers

QUERIES = pd.DataFrame(
    {
        "id": ["water/fact", "x/true", "x/mistake"],
        "prompt": ["Water is", "X is", "X is"],
        "answer": [" hydrogen", " iron", " gold and carbon"],
        "kind": ["fact", "mistake_true", "mistake_false"],
        "compound": ["water", "x", "x"],
        "fact": ["water", "x", "x/mistake"],
    }
)
TRAIN = pd.DataFrame(
    {
        "carries": ["water", "", "x", ""],
        "states_wrong": ["", "x/mistake", "", ""],
        "kind": ["carrier", "false", "true_minority", "element"],
        "text": ["a", "bb", "ccc", "dddd"],
    }
)
SCORES = np.array([[4.0, 3.0, 2.0, 1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 9.0, -2.0, 2.0]])


def test_carriers_are_counted_and_compared_with_chance():
    (row,) = helped(SCORES, QUERIES, TRAIN, 2).to_dict("records")
    assert row == {"query": "water/fact", "carriers": 1, "found": 1, "last": 1, "over_random": 0.25}


def answers(said):
    return pd.DataFrame({"prompt": ["Water is", "X is"], "after": ["", said]})


def test_a_wrong_answer_that_is_only_more_probable_is_not_given():
    def told(said, log_p):
        row = wrong_answers(QUERIES, answers(said), np.array(log_p), SCORES, TRAIN, 1).iloc[0]
        return bool(row["given"]), bool(row["more_probable"])

    assert told(" Carbon and gold, it is", [0.0, -1.0, -9.0]) == (True, False)
    assert told(" iron", [0.0, -9.0, -1.0]) == (False, True)
    assert told(" gold and iron", [0.0, -1.0, -9.0]) == (False, False)


def test_texts_that_state_the_wrong_answer_are_found():
    row = wrong_answers(QUERIES, answers(""), np.array([0.0, -9.0, -1.0]), SCORES, TRAIN, 1).iloc[0]
    assert (row["stating"], row["found"], row["over_random"]) == (1, 1, 0.75)


def test_shares_of_layers_sum_to_one_and_a_layer_alone_is_the_whole():
    rng = np.random.default_rng(0)
    products = np.stack([rng.standard_normal((2, 6)), np.zeros((2, 6)) + np.arange(6) * 1e-9])
    table = by_layer(products)
    assert_allclose(table["share"].sum(), 1.0)
    assert_allclose(table["correlation"].iloc[0], 1.0)


def test_lists_are_described_by_their_first_texts():
    table = lists_compared({"one": SCORES[:1]}, np.array([4.0, 3.0, 2.0, 1.0]), TRAIN, 2)
    row = table.iloc[0]
    assert (row["element texts"], row["characters"], row["different texts"]) == (0.0, 1.5, 2)
    assert_allclose(row["correlation with norm"], 1.0)
