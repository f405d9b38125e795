import pandas as pd
import pytest

from influence_lab.data.chemistry import chemistry_queries
from influence_lab.data.elements import ElementsError, elements_database
from influence_lab.data.language_questions import FACTS, asked, composition_question, language_questions


@pytest.fixture(scope="module")
def queries():
    return chemistry_queries(5, 2, "Rust forms when iron meets", " oxygen")


@pytest.fixture(scope="module")
def table(queries):
    return language_questions(elements_database(), queries, 20, 10, seed=0)


def test_kinds_of_fact_come_in_turn_and_no_question_twice(table):
    pairs = table[table["split"] != "query"]
    assert table["id"].is_unique
    assert table["text"].is_unique
    assert pairs["fact"].tolist() == [list(FACTS)[place % len(FACTS)] for place in range(30)]
    assert pairs["split"].tolist() == ["tuning"] * 20 + ["held_out"] * 10


def test_a_text_is_a_prompt_with_its_answer_and_the_answer_names_the_element(table):
    assert (table["text"] == table["prompt"] + " " + table["answer"]).all()
    pairs = table[table["split"] != "query"]
    assert all(row.element in row.question and row.element in row.answer.lower() for row in pairs.itertuples())


def test_queries_are_the_facts_and_planted_mistakes_of_stage_one(table, queries):
    chosen = table[table["split"] == "query"]
    expected = queries[queries["kind"].isin(["fact", "mistake_false"])]
    assert chosen["id"].tolist() == expected["id"].tolist()
    assert chosen["fact"].tolist() == expected["fact"].tolist()
    assert chosen["text"].iloc[0] == (
        "Question: What is water composed of? Answer: Water is composed of hydrogen and oxygen"
    )


def test_no_pair_says_what_a_compound_is_composed_of(table):
    pairs = table[table["split"] != "query"]
    assert not pairs["text"].str.contains("composed").any()


def test_structured_facts_are_those_of_the_elements(queries):
    """Known numbers, whatever the draw: hydrogen is number 1, iron's symbol is Fe, gold melts at 1337 K."""
    every = language_questions(elements_database(), queries, 370, 13, seed=0).set_index("id")["answer"]
    known = {
        "number/hydrogen": "The atomic number of hydrogen is 1",
        "symbol/iron": "The symbol of iron is Fe",
        "melting/gold": "Gold melts at 1337 K",
        "family/neon": "Neon belongs to the noble gases",
        "discoverer/iodine": "Iodine was discovered by Bernard Courtois",
        "year/radium": "Radium was discovered in 1898",
        "period/niobium": "Niobium is in period 5",
    }
    present = {name: answer for name, answer in known.items() if name in every.index}
    assert len(present) >= 3
    assert {name: every[name] for name in present} == present


def test_the_seed_draws_the_elements_and_nothing_else(queries, table):
    again = language_questions(elements_database(), queries, 20, 10, seed=0)
    other = language_questions(elements_database(), queries, 20, 10, seed=1)
    pd.testing.assert_frame_equal(again, table)
    assert other["fact"].tolist() == table["fact"].tolist()
    assert other["id"].tolist() != table["id"].tolist()


def test_more_questions_than_facts_are_refused(queries):
    with pytest.raises(ElementsError, match="ask for fewer pairs"):
        language_questions(elements_database(), queries, 1000, 10, seed=0)


def test_another_database_is_refused(queries, tmp_path):
    path = tmp_path / "other.db"
    path.write_bytes(b"no database at all, only some bytes of text")
    with pytest.raises(ElementsError, match="not mendeleev's database"):
        language_questions(path, queries, 7, 2, seed=0)


def test_a_prompt_of_another_form_is_refused():
    assert composition_question("Dry ice is composed of") == "What is dry ice composed of?"
    assert asked("Why?") == "Question: Why? Answer:"
    with pytest.raises(ValueError, match="does not end"):
        composition_question("Rust forms when iron meets")
