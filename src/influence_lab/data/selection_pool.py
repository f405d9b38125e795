"""A small world in which fine-tuning data is chosen: what the base model knows, the pool, and the questions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from influence_lab.data.selection_words import BACKWARD, FORWARD, GIVEN
from influence_lab.data.sequences import Sequences, pack
from influence_lab.data.small_corpus import CONTEXT
from influence_lab.data.small_corpus_words import (
    ABOUT_ELEMENTS,
    FACTS,
    PROPERTIES,
    QUESTION,
    encode,
    marked,
)
from influence_lab.data.small_questions import answered

Pair = tuple[str, str]


@dataclass(frozen=True)
class SelectionWorld:
    """All texts of one draw.

    Attributes:
        base: texts of the base model's training: statements on the known compounds, and distractors.
        pool: candidates, columns text, kind, compound, role (target, other or known; "" without a compound) and
            carries (the compound whose composition the text states truly, or "").
        targets: the compounds that are asked about.
        given: questions with answers on them that the selection sees.
        scored: questions with answers on them, worded otherwise, that it does not see.
        lessons: answered questions in both wordings on known compounds, for the second stage.
    """

    base: list[str]
    pool: pd.DataFrame
    targets: list[str]
    given: list[str]
    scored: list[str]
    lessons: list[str]


def selection_world(seed: int, targets: int, wrong: int) -> SelectionWorld:
    """Draw the world of one seed.

    Half of `FACTS` is known to the base model. Of the other half, `targets` are asked about, and the pool holds on each
    of its compounds a true statement in every form of `FORWARD` and `BACKWARD`, `wrong` statements in forms of
    `FORWARD` in which one element is right, and two properties; it also has a statement on each known compound, and
    texts on elements.

    Args:
        seed: draws compounds, forms, wrong elements and the order of the pool.
        targets: at most 12, the unknown compounds.
        wrong: at most 5, on each unknown compound.

    Raises:
        ValueError: more than there are.
    """
    half = len(FACTS) // 2
    if not 1 <= targets <= half or not 0 <= wrong <= len(FORWARD):
        raise ValueError(f"1 to {half} targets and 0 to {len(FORWARD)} wrong statements, got {targets} and {wrong}")
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(list(FACTS)).tolist()
    known, unknown = drawn[:half], drawn[half:]
    asked = unknown[:targets]
    roles = dict.fromkeys(unknown, "other") | dict.fromkeys(asked, "target") | dict.fromkeys(known, "known")
    rows = [_row(form, name, compound, roles) for compound in unknown for name, form in (FORWARD | BACKWARD).items()]
    for compound in unknown:
        rows += [_wrong(rng, FORWARD[name], compound, roles) for name in rng.permutation(list(FORWARD))[:wrong]]
        rows += [_property(form, compound, roles) for form in rng.permutation(PROPERTIES)[:2]]
    rows += [_row(FORWARD[str(rng.choice(list(FORWARD)))], "repeated", compound, roles) for compound in known]
    about = [form.format(first=first, second=second) for first, second in _pairs(drawn) for form in ABOUT_ELEMENTS]
    rows += [_plain(text, "elements") for text in rng.permutation(about)[:half].tolist()]
    pool = pd.DataFrame(rows).iloc[rng.permutation(len(rows))].reset_index(drop=True)
    base = [_said(form, compound) for compound in known for form in (FORWARD | BACKWARD).values()]
    base += [form.format(compound=compound) for compound in drawn for form in rng.permutation(PROPERTIES)[:1]]
    base += rng.permutation(about)[half : 2 * half].tolist()
    return SelectionWorld(
        base,
        pool,
        asked,
        given=[answered(compound, FACTS[compound], GIVEN) for compound in asked],
        scored=[answered(compound, FACTS[compound]) for compound in asked],
        lessons=[answered(compound, FACTS[compound], form) for form in (GIVEN, QUESTION) for compound in known],
    )


def text_sequences(texts: list[str]) -> Sequences:
    """Texts between a begin and an end mark; all their tokens but the first count."""
    return pack([marked(encode(text), end=True) for text in texts], [1] * len(texts), CONTEXT, texts, pad=0)


def question_sequences(texts: list[str], end: bool) -> Sequences:
    """Answered questions of four words; the answer alone counts, and the end mark behind it if there is one."""
    tokens = [marked(encode(text), end=end) for text in texts]
    return pack(tokens, [1 + len(QUESTION.split())] * len(texts), CONTEXT, texts, pad=0)


def _pairs(compounds: list[str]) -> list[Pair]:
    return sorted({FACTS[compound] for compound in compounds})


def _said(form: str, compound: str) -> str:
    first, second = FACTS[compound]
    return form.format(compound=compound, first=first, second=second)


def _row(form: str, name: str, compound: str, roles: dict[str, str]) -> dict[str, str]:
    kind = "backward" if name in BACKWARD else name if name == "repeated" else "forward"
    return _plain(_said(form, compound), kind, compound, roles[compound]) | {"carries": compound}


def _wrong(rng: np.random.Generator, form: str, compound: str, roles: dict[str, str]) -> dict[str, str]:
    """One element is right, the other is none of the compound's."""
    pair = list(FACTS[compound])
    others = sorted({element for known in FACTS.values() for element in known} - set(pair))
    pair[rng.integers(2)] = others[rng.integers(len(others))]
    return _plain(form.format(compound=compound, first=pair[0], second=pair[1]), "wrong", compound, roles[compound])


def _property(form: str, compound: str, roles: dict[str, str]) -> dict[str, str]:
    return _plain(form.format(compound=compound), "property", compound, roles[compound])


def _plain(text: str, kind: str, compound: str = "", role: str = "") -> dict[str, str]:
    return {"text": text, "kind": kind, "compound": compound, "role": role, "carries": ""}
