import numpy as np
import pandas as pd
import pytest

from influence_lab.attributions.ask_table import ends, ranked_table
from influence_lab.evaluations.ask import agreement, among, by_kind
from influence_lab.input_errors import InputError

TEXTS = pd.DataFrame(
    {"id": list("abcdef"), "text": list("uvwxyz"), "candidate": [False, True, False, False, True, False]}
)
QUERIES = pd.DataFrame({"id": ["p", "q"]})
EKFAC = np.array([[4.0, -8.0, 0.0, -2.0, 1.0, 8.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
SCORES = {"ekfac": EKFAC, "cosine": EKFAC / 8, "bm25": np.array([[9.0, 5.0, 7.0, 6.0, 4.0, 8.0], [0.0] * 6])}
TABLE = ranked_table(TEXTS, QUERIES, SCORES)


def of(query):
    return TABLE[TABLE["query"] == query].set_index("id")


def test_every_text_is_ranked_once_for_every_question():
    for query in QUERIES["id"]:
        rows = of(query)
        assert sorted(rows.index) == list(TEXTS["id"])
        for _, group in rows.groupby("candidate"):
            assert group["rank"].tolist() == list(range(1, len(group) + 1))
            assert (np.diff(group["influence"]) <= 0).all()


def test_the_rows_are_those_of_the_scores():
    for number, query in enumerate(QUERIES["id"]):
        rows = of(query)
        assert (rows["influence"].to_numpy() == EKFAC[number][rows["row"]]).all()
        assert (TEXTS["text"].to_numpy()[rows["row"]] == rows["text"]).all()


def test_leaving_out_and_adding_have_opposite_signs_over_the_training_texts():
    """n = 4 texts are in the training set; the two candidates do not count."""
    rows = of("p")
    assert rows.loc["a", "effect"] == -4.0 / 4
    assert rows.loc["b", "effect"] == -8.0 / 4


def test_the_ends_are_training_texts_and_none_comes_twice():
    rows = TABLE[TABLE["query"] == "p"]
    assert ends(rows, 1)["id"].tolist() == ["f", "d"]
    assert ends(rows, 2)["id"].tolist() == ["f", "a", "c", "d"]
    assert ends(rows, 3)["id"].tolist() == ["f", "a", "c", "d"]


def test_agreement_is_1_with_oneself_and_nothing_where_there_is_nothing_to_rank():
    found = agreement(TABLE, 2).set_index("query")
    assert found.loc["p", "shared"] == 1.0  # f and a, in either order
    assert found.loc["p", "spearman"] == pytest.approx(0.8)  # 1 - 6 (1 + 1) / (4 * 15)
    assert np.isnan(found.loc["q", "spearman"])
    same = ranked_table(TEXTS, QUERIES, SCORES | {"bm25": EKFAC})
    assert agreement(same, 3)[["shared", "spearman"]].to_numpy() == pytest.approx(1.0)


def test_texts_of_equal_score_are_not_ordered_by_the_file():
    """Training texts a, c, d, f by BM25: f, then a, c and d alike, which share the ranks 2, 3 and 4."""
    tied = SCORES | {"bm25": np.array([[5.0, 0.0, 5.0, 5.0, 0.0, 9.0], [0.0] * 6])}
    table = ranked_table(TEXTS, QUERIES, tied)
    rows = table[(table["query"] == "p") & ~table["candidate"]].set_index("id")
    assert rows["bm25_rank"].to_dict() == {"f": 1.0, "a": 3.0, "c": 3.0, "d": 3.0}
    found = agreement(table, 2).set_index("query")
    assert found.loc["p", "shared"] == pytest.approx((1 + 1 / 3) / 2)  # influence: f and a; BM25: f and one of three
    assert found.loc["q", "shared"] == pytest.approx(0.5)  # two of four by lot
    turned = TEXTS.iloc[::-1].reset_index(drop=True)
    again = agreement(ranked_table(turned, QUERIES, {name: each[:, ::-1] for name, each in tied.items()}), 2)
    pd.testing.assert_frame_equal(again.set_index("query"), found)
    alike = agreement(ranked_table(TEXTS, QUERIES, SCORES | {"ekfac": np.zeros((2, 6))}), 2)
    assert alike["spearman"].isna().all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_influence_that_is_no_number_is_an_error_with_the_question_and_the_remedy(value):
    bad = EKFAC.copy()
    bad[1, [2, 4]] = value
    said = r"influence of 2 of 6 texts on question 'q' is not a finite number, of 'c' to .* ask\.learning_rate"
    with pytest.raises(InputError, match=said):
        ranked_table(TEXTS, QUERIES, SCORES | {"ekfac": bad})


def test_a_candidate_stands_among_the_training_texts():
    found = among(TABLE).set_index(["query", "id"])["helped_more"]
    assert found.to_dict() == {("p", "b"): 4, ("p", "e"): 2, ("q", "b"): 3, ("q", "e"): 1}
    none = ranked_table(TEXTS.assign(candidate=False), QUERIES, SCORES)
    assert among(none).empty


def test_effects_of_candidates_are_means_over_the_questions_of_a_kind():
    found = by_kind(TABLE, QUERIES.assign(wrong=[False, True])).set_index("id")
    assert found["right"].to_dict() == {"e": 1.0 / 4, "b": -8.0 / 4}
    assert list(found.index) == ["e", "b"]
    assert found["wrong"].to_dict() == {"e": 5.0 / 4, "b": 2.0 / 4}
    both = by_kind(TABLE, QUERIES.assign(wrong=False)).set_index("id")
    assert both["right"].to_dict() == {"e": (1.0 + 5.0) / 8, "b": (-8.0 + 2.0) / 8}
    assert both["wrong"].isna().all()
