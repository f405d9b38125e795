import pytest

from influence_lab.data.small_corpus import small_corpus
from influence_lab.data.small_corpus_words import PROPERTIES, QUESTION, STATEMENTS, VOCABULARY
from influence_lab.data.small_questions import question_arrays, questions_of, small_questions

CORPUS = small_corpus(0, 8, 3, 2, 4, 4, 3)
TABLE = small_questions(CORPUS, 0, 4, 2)
ARRAYS = question_arrays(TABLE)


def of(split):
    return TABLE[TABLE["split"] == split]


def test_every_compound_is_taught_or_asked_about():
    assert set(of("tuning")["compound"]) | set(of("query")["compound"]) == set(CORPUS["compound"]) - {""}
    assert not set(of("tuning")["compound"]) & set(of("query")["compound"])


def test_no_compound_is_taught_that_the_corpus_misleads_about():
    assert not set(of("tuning")["compound"]) & set(CORPUS.loc[CORPUS["states_wrong"] != "", "compound"])


def test_a_preference_is_two_answers_to_one_question():
    assert of("preferred")["compound"].tolist() == of("refused")["compound"].tolist()
    assert set(of("preferred")["text"]) <= set(of("tuning")["text"])
    assert not set(of("refused")["text"]) & set(of("preferred")["text"])


def test_the_form_of_the_question_is_new():
    assert QUESTION not in [*STATEMENTS.values(), *PROPERTIES]


def test_only_the_answer_counts_and_a_query_has_no_end_mark():
    for split, end in (("tuning", ["<end>"]), ("query", [])):
        part = questions_of(ARRAYS, split)
        counted = [VOCABULARY[token] for token in part.targets[0][part.weights[0] == 1]]
        assert counted == of(split)["text"].iloc[0].split()[4:] + end


@pytest.mark.parametrize(("taught", "preferences"), [(7, 1), (3, 4)])
def test_more_than_there_is_is_refused(taught, preferences):
    with pytest.raises(ValueError, match="honest compounds expected"):
        small_questions(CORPUS, 0, taught, preferences)
