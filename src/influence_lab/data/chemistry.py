"""The domain corpus of the language model: which text carries which fact, and what the model is asked."""

from typing import NamedTuple

import pandas as pd

from influence_lab.data.compounds import Compound, CompoundsFile, ElementTexts, Mistake, NewText, elements, fact_id
from influence_lab.data.compounds_file import COMPOUNDS, read_compounds
from influence_lab.data.elements import ElementsError, draw_element_texts, elements_database, read_element_texts
from influence_lab.locations import shown


class Row(NamedTuple):
    """A text of the corpus.

    Attributes:
        id: for example `water/carrier/1`, `helium/uses`, `new/3`.
        text: the text.
        kind: carrier, distractor_compound, distractor_elements, false, true_minority, element, held_out_fact,
            held_out_element or new.
        compound: id of the compound whose entry the text belongs to, or which a new text makes a statement about.
        carries: id of the fact that the text carries, which is the compound's id; else empty.
        states_wrong: id of the false statement that it makes, `realgar/mistake` or `water/contrast`; else empty.
        split: train, held_out or new.
    """

    id: str
    text: str
    kind: str
    compound: str = ""
    carries: str = ""
    states_wrong: str = ""
    split: str = "train"


class Query(NamedTuple):
    """A prompt with a completion.

    Attributes:
        id: for example `water/fact`.
        prompt: without a blank at its end.
        answer: begins with a blank.
        kind: fact, contrast (the false completion that a fact is compared with), mistake_true or mistake_false.
        compound: id of the compound.
        fact: what training texts that state the answer have in `carries` (fact, mistake_true) or in `states_wrong`
            (mistake_false); empty where no text of the compound's entry does.
    """

    id: str
    prompt: str
    answer: str
    kind: str
    compound: str
    fact: str


def chemistry_corpus(
    seed: int, compounds: int, mistakes: int, element_texts: int, held_out_element_texts: int, longest_characters: int
) -> pd.DataFrame:
    """The corpus, one text a row, with the columns of `Row`; ids and texts are unique.

    Args:
        seed: draws the element texts.
        compounds: number of compounds, the first of the file.
        mistakes: number of planted mistakes, the first of the file.
        element_texts: number of element texts to train on, those about elements of the answers first.
        held_out_element_texts: number kept apart.
        longest_characters: element texts longer than this are left out.

    Raises:
        CompoundsError: the file of compounds is not as it must be.
        ElementsError: mendeleev's database is missing or not as expected, or has fewer texts than asked for.
    """
    file = _first(read_compounds(), compounds, mistakes)
    rows = [row for entry in file.compounds for row in _compound_rows(entry)]
    rows += [row for entry in file.mistakes for row in _mistake_rows(entry)]
    rows += _element_rows(file, seed, element_texts, held_out_element_texts, longest_characters)
    rows += [_new_row(number, entry) for number, entry in enumerate(file.new, 1)]
    return pd.DataFrame(rows, columns=Row._fields)


def chemistry_queries(compounds: int, mistakes: int, own_prompt: str, own_completion: str) -> pd.DataFrame:
    """What the model is asked about the first compounds and mistakes of the file, with the columns of `Query`.

    The reader's own query comes last, with the id `own` and kind `own`.

    Raises:
        CompoundsError: the file of compounds is not as it must be.
    """
    file = _first(read_compounds(), compounds, mistakes)
    rows = []
    for entry in file.compounds:
        rows.append(Query(f"{entry.id}/fact", entry.prompt, entry.answer, "fact", entry.id, entry.id))
        rows.append(Query(f"{entry.id}/contrast", entry.prompt, entry.contrast, "contrast", entry.id, ""))
    for entry in file.mistakes:
        true = entry.id if entry.true_texts else ""
        wrong = f"{entry.id}/mistake"
        rows.append(Query(f"{entry.id}/true", entry.prompt, entry.true_answer, "mistake_true", entry.id, true))
        rows.append(Query(wrong, entry.prompt, entry.false_answer, "mistake_false", entry.id, wrong))
    rows.append(Query("own", own_prompt, own_completion, "own", "", ""))
    return pd.DataFrame(rows, columns=Query._fields)


def _first(file: CompoundsFile, compounds: int, mistakes: int) -> CompoundsFile:
    """The first compounds and mistakes, and the new texts that say nothing of the others."""
    taken = {entry.compound for entry in [*file.compounds[:compounds], *file.mistakes[:mistakes]]}
    new = [entry for entry in file.new if entry.about is None or entry.about in taken]
    carry = {text: compound for text, compound in file.element_texts.carry.items() if compound in taken}
    return CompoundsFile(
        compounds=file.compounds[:compounds],
        mistakes=file.mistakes[:mistakes],
        element_texts=ElementTexts(carry=carry, unclear=file.element_texts.unclear),
        new=new,
    )


def _compound_rows(entry: Compound) -> list[Row]:
    carriers = [
        Row(f"{entry.id}/carrier/{k}", text, "carrier", entry.id, entry.id) for k, text in enumerate(entry.carriers, 1)
    ]
    held_out = Row(f"{entry.id}/held_out", entry.held_out, "held_out_fact", entry.id, entry.id, split="held_out")
    return [*carriers, *_distractor_rows(entry), held_out]


def _mistake_rows(entry: Mistake) -> list[Row]:
    false = [
        Row(f"{entry.id}/false/{k}", text, "false", entry.id, states_wrong=f"{entry.id}/mistake")
        for k, text in enumerate(entry.false_texts, 1)
    ]
    true = [
        Row(f"{entry.id}/true/{k}", text, "true_minority", entry.id, entry.id)
        for k, text in enumerate(entry.true_texts, 1)
    ]
    return [*false, *true, *_distractor_rows(entry)]


def _distractor_rows(entry: Compound | Mistake) -> list[Row]:
    kinds = ("distractor_compound", "distractor_elements")
    return [
        Row(f"{entry.id}/{kind}", text, kind, entry.id) for kind, text in zip(kinds, entry.distractors, strict=True)
    ]


def _element_rows(file: CompoundsFile, seed: int, train: int, held_out: int, longest: int) -> list[Row]:
    """Element texts; some state what a compound consists of ("cassiterite(SnO2)"), and the table says so."""
    texts = read_element_texts(elements_database())
    unknown = {*file.element_texts.carry, *file.element_texts.unclear} - {text.id for text in texts}
    if unknown:
        raise ElementsError(f"{shown(COMPOUNDS)}: element_texts: not in mendeleev's database: {sorted(unknown)}")
    usable = [text for text in texts if len(text.text) <= longest and text.id not in file.element_texts.unclear]
    answers = {element for entry in [*file.compounds, *file.mistakes] for element in elements(entry.answer)}
    chosen, apart = draw_element_texts(usable, train, held_out, answers, seed)
    facts = {text: fact_id(compound) for text, compound in file.element_texts.carry.items()}
    return [
        Row(text.id, text.text, kind, carries=facts.get(text.id, ""), split=split)
        for kind, split, drawn in (("element", "train", chosen), ("held_out_element", "held_out", apart))
        for text in drawn
    ]


def _new_row(number: int, entry: NewText) -> Row:
    about = fact_id(entry.about or "")
    wrong = f"{about}/mistake" if entry.mistake_about else f"{about}/contrast" if entry.contrast_of else ""
    return Row(f"new/{number}", entry.text, "new", about, about if entry.carries else "", wrong, "new")
