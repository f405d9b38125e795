"""Read the project's own texts about compounds, and refuse a text that is not what the table would say of it."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import ValidationError

from influence_lab.data.compounds import (
    Compound,
    CompoundsFile,
    Mistake,
    NewText,
    elements,
    has_word,
    names_all,
    states,
)
from influence_lab.locations import shown

COMPOUNDS = Path(__file__).with_name("compounds.yaml")


class CompoundsError(ValueError):
    """The file of compounds is not as it must be: one line that names the file, the entry and the key."""


class Rule(NamedTuple):
    """What a text must do for the table to tell the truth about it."""

    entry: str
    key: str
    text: str
    holds: bool
    wanted: str


def read_compounds(path: Path = COMPOUNDS) -> CompoundsFile:
    """The compounds of a file, checked.

    Raises:
        CompoundsError: not YAML, a key missing or unknown, a name or text that stands there twice, an empty text, an
            answer that does not begin with a space, or a text that does not state what the table would say of it.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise CompoundsError(f"{shown(path)}: not YAML: {' '.join(str(error).split())}") from error
    try:
        file = CompoundsFile.model_validate(content)
    except ValidationError as error:
        raise CompoundsError(f"{shown(path)}: {_where(content, error)}") from error
    for rule in chain(_once(file), _rules(file)):  # lazily: later rules rely on earlier ones
        if not rule.holds:
            raise CompoundsError(f"{shown(path)}: {rule.entry}: {rule.key}: {rule.text!r} must {rule.wanted}")
    return file


def _where(content: object, error: ValidationError) -> str:
    """Entry, key and message of the first error; the entry by its name where it has one."""
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    if len(first["loc"]) < 2:
        return f"{'.'.join(map(str, first['loc'])) or 'the whole file'}: {message}"
    section, number, *key = first["loc"]
    if not isinstance(number, int):
        return f"{section}: {'.'.join(map(str, [number, *key]))}: {message}"
    entry = content[section][number]
    name = entry.get("compound") if isinstance(entry, dict) else None
    return ": ".join([name or f"{section}[{number}]", *filter(None, [".".join(map(str, key))]), message])


def _once(file: CompoundsFile) -> Iterator[Rule]:
    """No compound and no text stands there twice."""
    named = [("compound", entry.compound, entry.compound) for entry in [*file.compounds, *file.mistakes]]
    entries = [(entry.compound, entry) for entry in [*file.compounds, *file.mistakes]]
    entries += [(f"new[{number}]", entry) for number, entry in enumerate(file.new)]
    texts = [(key, text, name) for name, entry in entries for key, text in _texts(entry)]
    counts = Counter(value.lower() for _, value, _ in named + texts)
    for key, value, name in named + texts:
        yield Rule(name, key, value, counts[value.lower()] == 1, "stand there only once")


def _texts(entry: Compound | Mistake | NewText) -> Iterator[tuple[str, str]]:
    """Key and text of all texts of an entry."""
    for key in ("carriers", "held_out", "false_texts", "true_texts", "distractors", "text"):
        value = getattr(entry, key, [])
        yield from ((key, text) for text in ([value] if isinstance(value, str) else value))


def _rules(file: CompoundsFile) -> Iterator[Rule]:
    """What must hold of every text, entry by entry."""
    for compound in file.compounds:
        yield from _compound_rules(compound)
    for mistake in file.mistakes:
        yield from _mistake_rules(mistake)
    everything = [*file.compounds, *file.mistakes]
    for number, new in enumerate(file.new):
        yield from _new_rules(f"new[{number}]", new, file)
    names = [entry.compound for entry in file.compounds]  # of a mistake the corpus holds as few true texts as planned
    for text, name in file.element_texts.carry.items():
        yield Rule("element_texts", f"carry.{text}", name, name in names, f"be one of {', '.join(names)}")
    for entry in everything:
        for key, text in _texts(entry):
            others = [other.compound for other in everything if other is not entry and states(text, other)]
            yield Rule(entry.compound, key, text, not others, f"not state what {', '.join(others)} consists of")


def _compound_rules(entry: Compound) -> Iterator[Rule]:
    for key, texts in (("carriers", entry.carriers), ("held_out", [entry.held_out])):
        for text in texts:
            yield _states_all(entry.compound, key, text, entry, entry.answer)
    yield from _distractor_rules(entry, entry.answer, entry.answer)
    yield _differs(entry.compound, "contrast", entry.contrast, entry.answer)


def _mistake_rules(entry: Mistake) -> Iterator[Rule]:
    for key, texts, answer in (
        ("false_texts", entry.false_texts, entry.false_answer),
        ("true_texts", entry.true_texts, entry.true_answer),
    ):
        for text in texts:
            yield _states_all(entry.compound, key, text, entry, answer)
    for text in entry.false_texts:
        yield Rule(entry.compound, "false_texts", text, not states(text, entry), "not state the truth")
    yield from _distractor_rules(entry, f"{entry.true_answer},{entry.false_answer}", entry.false_answer)
    yield _differs(entry.compound, "false_answer", entry.false_answer, entry.true_answer)


def _distractor_rules(entry: Compound | Mistake, absent: str, present: str) -> Iterator[Rule]:
    """The first names the compound and none of the absent elements, the second a present one and not the compound."""
    first, second = entry.distractors
    bare = has_word(first, entry.compound) and not _names_any(first, absent)
    yield Rule(entry.compound, "distractors", first, bare, "name the compound and none of its elements")
    other = _names_any(second, present) and not entry.named_in(second)
    yield Rule(entry.compound, "distractors", second, other, "name an element of the answer and not the compound")


def _new_rules(name: str, new: NewText, file: CompoundsFile) -> Iterator[Rule]:
    compounds = {entry.compound: entry for entry in file.compounds}
    mistakes = {entry.compound: entry for entry in file.mistakes}
    claims = [
        ("carries", new.carries, {**compounds, **mistakes}, "answer"),
        ("contrast_of", new.contrast_of, compounds, "contrast"),
        ("mistake_about", new.mistake_about, mistakes, "false_answer"),
    ]
    made = [claim for claim in claims if claim[1] is not None]
    yield Rule(name, "text", new.text, len(made) <= 1, "make one statement: carries, contrast_of or mistake_about")
    for key, compound, known, answer in made:
        yield Rule(name, key, compound, compound in known, f"be one of {', '.join(known)}")
        yield _states_all(name, key, new.text, known[compound], getattr(known[compound], answer))
    stated = [entry.compound for entry in [*file.compounds, *file.mistakes] if states(new.text, entry)]
    allowed = [new.carries] if new.carries else []
    yield Rule(name, "text", new.text, stated == allowed, f"carry what the entry says; it carries {stated}")


def _states_all(name: str, key: str, text: str, entry: Compound | Mistake, answer: str) -> Rule:
    wanted = f"name {entry.compound} or {entry.formula}, and {', '.join(elements(answer))}"
    return Rule(name, key, text, entry.named_in(text) and names_all(text, answer), wanted)


def _differs(name: str, key: str, false: str, true: str) -> Rule:
    return Rule(name, key, false, not set(elements(false)) & set(elements(true)), "name none of the true elements")


def _names_any(text: str, answer: str) -> bool:
    return any(has_word(text, element) for element in elements(answer))
