"""The corpus is what its table says: every text decoded again, every claim about it looked up among the facts."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from influence_lab.data.small_corpus import CONTEXT, SPLITS, corpus_arrays, small_corpus, split_of
from influence_lab.data.small_corpus_words import BEGIN, END, FACTS, VOCABULARY, UnknownWordError, encode

NAMES = ("seed", "compounds", "statements", "misled", "properties", "elements", "new")
CASES = {
    name: dict(zip(NAMES, numbers, strict=True))
    for name, numbers in {
        "default": (0, 24, 3, 4, 12, 12, 12),
        "small": (3, 8, 2, 2, 8, 0, 6),
        "large": (7, 24, 5, 24, 24, 24, 24),
    }.items()
}
ELEMENTS = {element for pair in FACTS.values() for element in pair}


@pytest.fixture(params=CASES.values(), ids=CASES)
def values(request):
    return request.param


@pytest.fixture
def table(values):
    return small_corpus(**values)


@pytest.fixture
def arrays(table):
    return corpus_arrays(table)


def of(table, split):
    return table[table["split"] == split].reset_index(drop=True)


def words_that_count(sequences, row):
    return [VOCABULARY[token] for token in sequences.targets[row][sequences.weights[row] == 1]]


def test_numbers_of_texts_are_those_asked_for(table, values):
    train = of(table, "train")
    assert len(train) == values["compounds"] * values["statements"] + values["properties"] + values["elements"]
    assert len(of(table, "query")) == values["compounds"] + values["misled"]
    assert len(of(table, "new")) == values["new"]
    assert table["id"].is_unique


def test_ids_stand_in_the_order_of_the_arrays(table):
    for split in SPLITS:
        assert of(table, split)["id"].tolist() == [f"{split}_{row:03d}" for row in range(len(of(table, split)))]


def test_tokens_are_the_texts_between_marks(table, arrays):
    for split in ("train", "new"):
        sequences = split_of(arrays, split)
        assert (sequences.inputs[:, 0] == VOCABULARY.index(BEGIN)).all()
        for row, text in enumerate(of(table, split)["text"]):
            assert words_that_count(sequences, row) == [*text.split(), END]


def test_only_the_completion_of_a_query_counts_and_its_prompt_is_read(table, arrays):
    queries = split_of(arrays, "query")
    for row, text in enumerate(of(table, "query")["text"]):
        prompt, _, completion = text.partition(" of ")
        assert words_that_count(queries, row) == completion.split()
        read = [VOCABULARY[token] for token in queries.inputs[row]]
        assert read[: len(prompt.split()) + 2] == [BEGIN, *prompt.split(), "of"]


def test_no_text_is_beyond_the_context(arrays):
    lengths = {arrays[f"{split}_inputs"].shape[1] for split in SPLITS}
    assert len(lengths) == 1
    assert lengths.pop() < CONTEXT


def test_a_text_carries_the_fact_that_its_words_state(table):
    """A text that names a compound and two elements is true if and only if they are the compound's."""
    for row in table.itertuples():
        words = row.text.split()
        stated = tuple(word for word in words if word in ELEMENTS)
        compounds = [word for word in words if word in FACTS]
        assert compounds == [row.compound] * bool(row.compound)
        states = bool(compounds and stated)
        assert row.carries == (row.compound if states and stated == FACTS[row.compound] else "")
        assert row.states_wrong == (row.compound if states and stated != FACTS[row.compound] else "")


def test_every_query_has_a_text_behind_it_and_a_misled_compound_has_one_wrong_pair(table, values):
    train, queries = of(table, "train"), of(table, "query")
    right, wrong = (queries[queries["kind"] == kind] for kind in ("answer", "wrong_answer"))
    assert set(right["carries"]) <= set(train["carries"])
    assert set(wrong["states_wrong"]) == set(train["states_wrong"]) - {""}
    counts = train["states_wrong"].value_counts()
    assert all(counts[compound] == values["statements"] - 1 for compound in wrong["compound"])
    for query in wrong.itertuples():
        pair = query.text.partition(" of ")[2].split(" and ")
        statements = train.loc[train["states_wrong"] == query.compound, "text"]
        assert all([word for word in text.split() if word in ELEMENTS] == pair for text in statements)


def test_no_text_comes_twice_and_new_statements_are_new(table):
    train, new = of(table, "train"), of(table, "new")
    assert train["text"].is_unique
    statements = new[new["kind"] != "property"]["text"]
    assert not set(statements) & set(train["text"])


def test_the_vocabulary_fits_64_tokens_and_has_no_idle_word():
    used = set(" ".join(small_corpus(**CASES["large"])["text"]).split())
    assert len(VOCABULARY) <= 64
    assert set(VOCABULARY[3:]) == used


def test_a_seed_gives_the_same_corpus_and_another_seed_another(table, values):
    assert small_corpus(**values).equals(table)
    assert not small_corpus(**values | {"seed": values["seed"] + 1}).equals(table)


def test_arrays_are_whole_numbers_and_zero_weights_on_padding(arrays):
    for split in SPLITS:
        sequences = split_of(arrays, split)
        assert sequences.inputs.dtype == sequences.targets.dtype == np.int64
        assert_array_equal(sequences.weights[sequences.targets == 0], 0)


def test_an_unknown_word_is_named():
    with pytest.raises(UnknownWordError, match=r"'steam' is no word of the small GPT; it knows: water salt "):
        encode("steam is composed of")
