import numpy as np
import pytest

from influence_lab.data.encoding import encode_queries, encode_texts
from influence_lab.data.sequences import EmptyTextError, TooLongError, pack
from influence_lab.input_errors import InputError
from tests.models.language_cases import MARKED, WORDS, words

BEGIN, END = WORDS.index("<s>"), WORDS.index("</s>")
W1, W2, W3 = (WORDS.index(f"w{number}") for number in (1, 2, 3))
UNMARKED, ENDED = words(), words(eos_token="</s>")


def test_every_token_of_a_text_is_predicted_its_end_included():
    found = encode_texts(MARKED, ["w1 w2", "w3"], ["long", "short"], context=4)
    assert found.inputs.tolist() == [[BEGIN, W1, W2], [BEGIN, W3, 0]]
    assert found.targets.tolist() == [[W1, W2, END], [W3, END, 0]]
    assert found.weights.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert found.lengths.tolist() == [3, 2]
    assert found.inputs.dtype == found.targets.dtype == np.int64


def test_of_a_query_the_completion_alone_is_predicted_without_an_end():
    found = encode_queries(MARKED, ["w1 w2", "w3"], [" w3", " w1 w1"], ["a", "b"], context=4)
    assert found.inputs.tolist() == [[BEGIN, W1, W2], [BEGIN, W3, W1]]
    assert found.targets.tolist() == [[W1, W2, W3], [W3, W1, W1]]
    assert found.weights.tolist() == [[0, 0, 1], [0, 1, 1]]


def test_the_end_mark_begins_a_text_where_there_is_no_begin_mark():
    assert encode_texts(ENDED, ["w1"], ["a"], context=4).inputs.tolist() == [[END, W1]]


def test_without_any_mark_the_first_token_is_given():
    found = encode_texts(UNMARKED, ["w1 w2 w3"], ["a"], context=4)
    assert (found.inputs.tolist(), found.targets.tolist()) == ([[W1, W2]], [[W2, W3]])
    with pytest.raises(EmptyTextError, match=r"^a: no token to predict; give a longer text"):
        encode_texts(UNMARKED, ["w1"], ["a"], context=4)


def test_padding_never_counts():
    found = pack([[5, 6, 7, 8], [5, 6]], [2, 1], 8, ["a", "b"], pad=9)
    assert found.weights.tolist() == [[0, 1, 1], [1, 0, 0]]
    assert found.inputs[1].tolist() == [5, 9, 9]


@pytest.mark.parametrize("empty", ["", "  \n"])
def test_what_is_empty_is_named(empty):
    with pytest.raises(EmptyTextError, match=r"^water_3: an empty text"):
        encode_texts(MARKED, ["w1", empty], ["water_1", "water_3"], context=8)
    with pytest.raises(EmptyTextError, match=r"^own: an empty query"):
        encode_queries(MARKED, [empty], [" w1"], ["own"], context=8)
    with pytest.raises(EmptyTextError, match=r"^own: the completion .* has no token"):
        encode_queries(MARKED, ["w1"], [empty], ["own"], context=8)
    with pytest.raises(EmptyTextError, match="no texts"):
        encode_texts(MARKED, [], [], context=8)


def test_what_is_too_long_is_named_with_both_lengths():
    with pytest.raises(TooLongError, match=r"^b: 5 tokens, the model's context has 4"):
        encode_texts(MARKED, ["w1", "w1 w2 w3"], ["a", "b"], context=4)
    with pytest.raises(TooLongError, match=r"^q: 5 tokens"):
        encode_queries(MARKED, ["w1 w2"], [" w1 w2"], ["q"], context=4)


def test_these_are_errors_of_the_input():
    assert issubclass(EmptyTextError, InputError)
    assert issubclass(TooLongError, InputError)
