from inspect import signature

import pandas as pd
import pytest
import yaml

from influence_lab.data import chemistry
from influence_lab.data.chemistry import chemistry_corpus, chemistry_queries
from influence_lab.data.compounds import elements, names_all, states
from influence_lab.data.compounds_file import read_compounds
from influence_lab.data.elements import ElementsError, elements_database, read_element_texts
from influence_lab.locations import ROOT

CORPUS = list(signature(chemistry_corpus).parameters)
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["language_model"]
SECTION = {name: CONFIG[name] for name in CORPUS}
FILE = read_compounds()
ENTRIES = {entry.id: entry for entry in [*FILE.compounds, *FILE.mistakes]}


@pytest.fixture(scope="module")
def corpus():
    return chemistry_corpus(**SECTION)


@pytest.fixture(scope="module")
def queries():
    return chemistry_queries(SECTION["compounds"], SECTION["mistakes"], "Salt melts", " ice")


def test_at_most_160_training_texts_and_none_of_them_is_elsewhere(corpus):
    assert (corpus["split"] == "train").sum() == 157
    assert corpus["id"].is_unique
    assert corpus["text"].str.lower().is_unique


def test_the_table_says_which_of_our_texts_state_which_fact(corpus):
    """A text carries a fact exactly when it has the formula, or the name and all elements, of a compound."""
    own = corpus[~corpus["kind"].isin(["element", "held_out_element"])]
    for row in own.itertuples():
        assert [name for name, entry in ENTRIES.items() if states(row.text, entry)] == [row.carries] * bool(row.carries)
        if row.carries:
            assert names_all(row.text, ENTRIES[row.carries].answer)


def test_the_table_says_which_element_texts_state_a_fact():
    """The same criterion finds all of them but one by another name; what it finds wrongly was read and is listed."""
    by_rule = {
        text.id
        for text in read_element_texts(elements_database())
        if any(states(text.text, entry) for entry in ENTRIES.values())
    }
    passing = {
        "hydrogen/sources",  # names methane and carbon as raw materials
        "manganese/sources",  # water in a mineral's formula
        "platinum/description",  # ammonia in a complex
    }
    by_hand = {*FILE.element_texts.carry, *FILE.element_texts.unclear}
    assert by_rule - passing == by_hand - {"sodium/sources"}  # "sodium chloride (salt)"


def test_false_texts_state_the_false_answer_and_not_the_truth(corpus):
    wrong = corpus[corpus["states_wrong"] != ""]
    assert set(wrong["kind"]) == {"false", "new"}
    assert (wrong["carries"] == "").all()
    for row in wrong.itertuples():
        entry = ENTRIES[row.compound]
        assert names_all(row.text, entry.false_answer if row.states_wrong.endswith("/mistake") else entry.contrast)


def test_three_own_texts_carry_each_fact_and_three_state_each_mistake(corpus):
    train = corpus[corpus["split"] == "train"]
    facts = train[train["kind"] == "carrier"]["carries"].value_counts()
    assert facts.to_dict() == {entry.id: 3 for entry in FILE.compounds}
    mistakes = train[train["states_wrong"] != ""]["states_wrong"].value_counts()
    assert mistakes.to_dict() == {f"{entry.id}/mistake": 3 for entry in FILE.mistakes}
    minority = train[train["carries"].isin([entry.id for entry in FILE.mistakes])]
    assert len(minority) == sum(len(entry.true_texts) for entry in FILE.mistakes)


def test_a_query_names_a_fact_exactly_when_a_training_text_states_it(corpus, queries):
    train = corpus[corpus["split"] == "train"]
    named = {*train["carries"], *train["states_wrong"]} - {""}
    assert set(queries["fact"]) - {""} == named
    assert set(queries.loc[queries["fact"] == "", "kind"]) == {"contrast", "mistake_true", "own"}
    assert queries["id"].is_unique
    assert queries["answer"].str.match(r" [a-z]").all()
    assert not queries["prompt"].str.endswith(" ").any()


def test_a_contrast_has_as_many_elements_as_the_fact_and_none_of_them(queries):
    pairs = queries.pivot(index="compound", columns="kind", values="answer").dropna(subset=["contrast"])
    assert len(pairs) == SECTION["compounds"]
    for fact, contrast in zip(pairs["fact"], pairs["contrast"], strict=True):
        assert len(elements(contrast)) == len(elements(fact))
        assert set(elements(contrast)).isdisjoint(elements(fact))


def test_only_element_texts_follow_the_seed(corpus):
    pd.testing.assert_frame_equal(chemistry_corpus(**SECTION), corpus)
    other = chemistry_corpus(**SECTION | {"seed": SECTION["seed"] + 1})
    drawn = corpus["kind"].isin(["element", "held_out_element"])
    pd.testing.assert_frame_equal(other[~drawn], corpus[~drawn])
    assert set(other["id"][drawn]) != set(corpus["id"][drawn])


def test_a_smaller_corpus_speaks_of_no_fact_that_it_does_not_teach():
    small = SECTION | {"compounds": 3, "mistakes": 1, "element_texts": 160, "held_out_element_texts": 2}
    corpus = chemistry_corpus(**small)
    assert set(corpus["carries"]) - {""} == {"water", "ammonia", "methane", "realgar"}
    assert set(corpus["states_wrong"]) - {""} == {"realgar/mistake", "water/contrast", "ammonia/contrast"}
    assert len(chemistry_queries(3, 1, "Salt melts", " ice")) == 9


def test_an_element_text_that_the_database_lacks_is_named(monkeypatch):
    texts = [text for text in read_element_texts(elements_database()) if text.id != "tin/sources"]
    monkeypatch.setattr(chemistry, "read_element_texts", lambda database: texts)
    with pytest.raises(ElementsError, match=r"compounds\.yaml: element_texts: not in .*\['tin/sources'\]"):
        chemistry_corpus(**SECTION)
