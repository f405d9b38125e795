import numpy as np
import pytest

from influence_lab.data.selection_pool import question_sequences, selection_world, text_sequences
from influence_lab.data.selection_words import BACKWARD, FORWARD, GIVEN, pool_size
from influence_lab.data.small_corpus_words import FACTS
from influence_lab.data.small_questions import answered

WORLD = selection_world(seed=3, targets=4, wrong=2)


def test_the_base_model_and_the_lessons_never_state_what_is_asked():
    """A compound's composition is stated where both its elements are; those of targets stand in the pool alone."""
    for target in WORLD.targets:
        assert not any(target in text and FACTS[target][0] in text for text in [*WORLD.base, *WORLD.lessons])
        assert any(target in text for text in WORLD.base)  # as a word it is known


def test_every_form_is_there_once_for_each_unknown_compound():
    counts = WORLD.pool.groupby(["role", "kind"]).size()
    others = len(FACTS) // 2 - 4
    assert counts["target", "forward"] == 4 * len(FORWARD)
    assert counts["other", "backward"] == others * len(BACKWARD)
    assert counts["target", "wrong"] == 4 * 2
    assert counts["known", "repeated"] == len(FACTS) // 2
    assert WORLD.pool["text"].is_unique


def test_order_is_what_forward_and_backward_differ_in():
    """A forward text names its compound before the elements, a backward one after the first of them."""
    for row in WORLD.pool[WORLD.pool["kind"].isin(["forward", "backward"])].itertuples():
        said = row.text.split()
        first = min(said.index(element) for element in FACTS[row.compound])
        assert (said.index(row.compound) < first) == (row.kind == "forward")


def test_a_wrong_statement_has_exactly_one_right_element():
    wrong = WORLD.pool[WORLD.pool["kind"] == "wrong"]
    right = [sum(element in row.text.split() for element in FACTS[row.compound]) for row in wrong.itertuples()]
    assert right == [1] * len(wrong)
    assert (wrong["carries"] == "").all()


def test_given_and_scored_questions_share_the_answer_alone():
    for compound, given, scored in zip(WORLD.targets, WORLD.given, WORLD.scored, strict=True):
        assert given == answered(compound, FACTS[compound], GIVEN)
        assert scored == answered(compound, FACTS[compound])
        assert set(given.split()) & set(scored.split()) == {compound, "and", *FACTS[compound]}


def test_only_answers_count():
    """Of both wordings, three words and the end mark in lessons, three words in questions."""
    lessons, scored = question_sequences(WORLD.lessons, end=True), question_sequences(WORLD.scored, end=False)
    assert set(lessons.weights.sum(axis=1)) == {4.0}
    assert set(scored.weights.sum(axis=1)) == {3.0}
    assert (text_sequences(WORLD.base).weights.sum(axis=1) == [len(text.split()) + 1 for text in WORLD.base]).all()


def test_seeds_draw_other_worlds_and_a_seed_the_same():
    again, other = selection_world(3, 4, 2), selection_world(4, 4, 2)
    assert again.pool.equals(WORLD.pool)
    assert again.base == WORLD.base
    assert not np.array_equal(other.pool["text"], WORLD.pool["text"])


@pytest.mark.parametrize(("targets", "wrong"), [(0, 1), (13, 1), (2, 6)])
def test_impossible_worlds_are_refused(targets, wrong):
    with pytest.raises(ValueError, match="targets"):
        selection_world(0, targets, wrong)


@pytest.mark.parametrize("wrong", [0, 5])
def test_the_size_of_the_pool_is_known_beforehand(wrong):
    assert len(selection_world(0, 3, wrong).pool) == pool_size(wrong)
