"""What an entry of `compounds.yaml` holds, and when a text states what a compound consists of."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _text(value: str) -> str:
    if not value or value != value.strip():
        raise ValueError("empty, or blanks at its ends")
    return value


def _answer(value: str) -> str:
    if not re.fullmatch(r" [a-z, ]*[a-z]", value) or value.startswith("  "):
        raise ValueError(f"got {value!r}; it must begin with one space, name elements, and have no full stop")
    return value


Text = Annotated[str, AfterValidator(_text)]
Answer = Annotated[str, AfterValidator(_answer)]


class Entry(BaseModel):
    """What all entries share: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Entry):
    """A compound with its name, its formula and the beginning of a sentence about it."""

    compound: Text
    formula: Text
    prompt: Text
    distractors: list[Text] = Field(min_length=2, max_length=2)

    @property
    def id(self) -> str:
        """The name as a part of ids; also the id of the fact what the compound consists of."""
        return fact_id(self.compound)

    def named_in(self, text: str) -> bool:
        """Whether a text has the compound's name or formula."""
        return has_word(text, self.compound) or has_formula(text, self.formula)


class Compound(Named):
    """A compound and its texts; `contrast` is a false completion of the prompt."""

    answer: Answer
    contrast: Answer
    carriers: list[Text] = Field(min_length=3, max_length=3)
    held_out: Text


class Mistake(Named):
    """A compound of which the corpus says something false, and seldom or never the truth."""

    true_answer: Answer
    false_answer: Answer
    false_texts: list[Text] = Field(min_length=3, max_length=3)
    true_texts: list[Text] = Field(max_length=1)

    @property
    def answer(self) -> str:
        """The true one."""
        return self.true_answer


class NewText(Entry):
    """A sentence that is not in the corpus: a fact, something false, or neither."""

    text: Text
    carries: Text | None = None
    contrast_of: Text | None = None
    mistake_about: Text | None = None

    @property
    def about(self) -> str | None:
        """The compound that it makes a statement about."""
        return self.carries or self.contrast_of or self.mistake_about


class ElementTexts(Entry):
    """Ids of mendeleev's texts: those that carry a fact, with the compound, and those that are never used."""

    carry: dict[Text, Text]
    unclear: list[Text]


class CompoundsFile(Entry):
    """Everything in the file."""

    compounds: list[Compound] = Field(min_length=1)
    mistakes: list[Mistake]
    element_texts: ElementTexts
    new: list[NewText]


def fact_id(compound: str) -> str:
    """The id of the fact what a compound consists of.

    >>> fact_id("table salt")
    'table_salt'
    """
    return compound.replace(" ", "_")


def elements(answer: str) -> list[str]:
    """The elements that an answer names, in its order.

    >>> elements(" calcium, carbon and oxygen")
    ['calcium', 'carbon', 'oxygen']
    """
    return [word for word in re.findall("[a-z]+", answer) if word != "and"]


def has_word(text: str, word: str) -> bool:
    """Whether a text has a word, or several as they stand, in capitals or not."""
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


def has_formula(text: str, formula: str) -> bool:
    """Whether a text has a formula that is not a part of a longer one.

    >>> has_formula("cassiterite(SnO2)", "SnO2"), has_formula("borax (Na2B4O7.10H2O)", "H2O")
    (True, False)
    """
    return re.search(rf"(?<![\w.)]){re.escape(formula)}(?!\w|\()", text) is not None


def names_all(text: str, answer: str) -> bool:
    """Whether a text names every element of an answer."""
    return all(has_word(text, element) for element in elements(answer))


def states(text: str, compound: Compound | Mistake) -> bool:
    """Whether a text tells what a compound consists of: its formula, or its name and all of its elements."""
    by_name = has_word(text, compound.compound) and names_all(text, compound.answer)
    return by_name or has_formula(text, compound.formula)
