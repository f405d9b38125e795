import pytest

from influence_lab.data.compounds import has_formula, has_word, states
from influence_lab.data.compounds_file import read_compounds

WATER = read_compounds().compounds[0]


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("In WATER there are Hydrogen and oxygen.", True),
        ("Ice is H2O, nothing else.", True),
        ("Water holds hydrogen.", False),
        ("Hydrogen and oxygen make an explosive mixture.", False),
        ("Watermelons, hydrogen and oxygen.", False),
    ],
)
def test_a_text_states_a_fact_by_formula_or_by_the_name_and_all_elements(text, stated):
    assert states(text, WATER) == stated


@pytest.mark.parametrize("text", ["Ca(OH)2.2H2O", "Al2O3", "XCaO", "CaO2"])
def test_a_part_of_a_longer_formula_is_not_that_formula(text):
    assert not any(has_formula(text, formula) for formula in ("H2O", "CaO", "Al2O", "O3"))


def test_words_are_whole():
    assert has_word("Made of tin.", "tin")
    assert not has_word("Painting", "tin")
