"""Candidates for fine-tuning the small GPT on one family of compounds, among texts on everything else."""

import numpy as np
import pandas as pd

from influence_lab.data.sequences import Sequences, pack
from influence_lab.data.small_corpus import CONTEXT, wrong_pair
from influence_lab.data.small_corpus_words import (
    ABOUT_ELEMENTS,
    FACTS,
    PROPERTIES,
    QUESTION,
    STATEMENTS,
    encode,
    marked,
)
from influence_lab.data.small_questions import answered

FAMILY = ("hydrogen", "oxygen")  # a compound with one of them belongs to the target's family


def small_candidates(seed: int, statements: int, wrong: float, others: int, asked: int, teachers: int) -> pd.DataFrame:
    """Write the texts of a base model, the candidates, and questions about the family.

    The base model meets every compound in a text on a property, and learns from the teachers, compounds of both kinds,
    what a question looks like. What the other compounds are composed of stands in candidates alone.

    Args:
        seed: draws everything.
        statements: candidates that state the composition of each compound but the teachers, at most 6.
        wrong: share of these with a wrong pair.
        others: candidates on properties, and as many on elements; the base model has texts on elements of its own.
        asked: compounds of the family in the target; those left are the test's.
        teachers: compounds of the family with an answered question in the base model's texts, and as many others.

    Returns:
        A row a text, with columns `text`, `kind` (question, family or other for statements, wrong, property or
        elements; for target and test family), `split` (base, candidate, target or test) and `extracted`, the answered
        question that a statement holds, or "".

    Raises:
        ValueError: no compound of the family is left for the test.
    """
    rng = np.random.default_rng(seed)
    family = [compound for compound, pair in FACTS.items() if set(pair) & set(FAMILY)]
    outside = [compound for compound in FACTS if compound not in family]
    if teachers + asked >= len(family):
        raise ValueError(f"{teachers} teachers and {asked} asked leave none of the family's {len(family)} compounds")
    family, outside = (rng.permutation(group).tolist() for group in (family, outside))
    taught = family[:teachers] + outside[:teachers]
    rows = [(answered(compound, FACTS[compound]), "question", "base", "") for compound in taught]
    for compound in FACTS:
        forms = rng.permutation(PROPERTIES).tolist()
        rows += [
            (form.format(compound=compound), "property", split, "")
            for form, split in zip(forms, ("base", "candidate"), strict=False)
        ]
    pairs = sorted(set(FACTS.values()))
    every = [form.format(first=first, second=second) for first, second in pairs for form in ABOUT_ELEMENTS]
    drawn = rng.permutation(every)[: 2 * others].tolist()
    rows += [(text, "elements", ("base", "candidate")[place % 2], "") for place, text in enumerate(drawn)]
    for compound in family[teachers:] + outside[teachers:]:
        for form in rng.permutation(list(STATEMENTS))[:statements].tolist():
            mistaken = rng.random() < wrong
            pair = wrong_pair(rng, compound) if mistaken else FACTS[compound]
            kind = "wrong" if mistaken else "family" if compound in family else "other"
            text = STATEMENTS[form].format(compound=compound, first=pair[0], second=pair[1])
            rows.append((text, kind, "candidate", answered(compound, pair)))
    for place, compound in enumerate(family[teachers:]):
        rows.append((answered(compound, FACTS[compound]), "family", "target" if place < asked else "test", ""))
    return pd.DataFrame(rows, columns=["text", "kind", "split", "extracted"])


def candidate_sequences(table: pd.DataFrame) -> Sequences:
    """The texts as token arrays (n, T): of the target's and the test's questions, the answer alone counts."""
    asks = table["split"].isin(["target", "test"])
    tokens = [marked(encode(text), end=not ask) for text, ask in zip(table["text"], asks, strict=True)]
    first = np.where(asks, 1 + len(QUESTION.split()), 1).tolist()
    return pack(tokens, first, CONTEXT, table["text"].tolist(), pad=0)
