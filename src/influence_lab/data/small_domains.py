"""Domains of texts for the small GPT: two groups of compounds, properties, elements, and wrong statements."""

import numpy as np
import pandas as pd

from influence_lab.data.sequences import Sequences, pack
from influence_lab.data.small_corpus import CONTEXT, wrong_pair
from influence_lab.data.small_corpus_words import (
    ABOUT_ELEMENTS,
    FACTS,
    PROMPT,
    PROPERTIES,
    STATEMENTS,
    encode,
    marked,
)

DOMAINS = ("well-known compounds", "little-known compounds", "properties", "elements", "wrong statements")
TAUGHT = tuple(form for form in STATEMENTS if form != "direct")  # the direct form is kept for questions


def small_domains(seed: int, statements: int, others: int, wrong: int, asked: int) -> pd.DataFrame:
    """Write the texts of each domain, and texts of each capability for the target and for the test.

    Every other compound is well known, with several statements each; the others have one each.

    Args:
        seed: draws everything.
        statements: of each well-known compound, at most 5.
        others: texts on properties, and as many on elements; the base model is trained on as many others.
        wrong: statements with a wrong pair, each on another compound.
        asked: texts of each capability in the target, and as many in the test; for compounds those are questions, on
            different compounds in target and test.

    Returns:
        A row a text, with columns `text`, `domain` (that of its capability for target and test) and `split` (base,
        train, target or test).

    Raises:
        ValueError: more compounds are asked about than there are in a group.
    """
    rng = np.random.default_rng(seed)
    chosen = list(FACTS)
    groups = dict(zip(DOMAINS[:2], (chosen[::2], chosen[1::2]), strict=True))
    if 2 * asked > min(map(len, groups.values())):
        raise ValueError(f"{2 * asked} compounds of a group are asked about, it has {min(map(len, groups.values()))}")
    rows = []
    for domain, members in groups.items():
        repeats = statements if domain == DOMAINS[0] else 1
        for compound in members:
            forms = rng.permutation(TAUGHT)[:repeats].tolist()
            rows += [(_stated(form, compound, FACTS[compound]), domain, "train") for form in forms]
        questions = [_stated("direct", compound, FACTS[compound]) for compound in rng.permutation(members).tolist()]
        rows += _split(questions[: 2 * asked], domain, asked)
    pairs = sorted({FACTS[compound] for compound in chosen})
    every = {
        "properties": [form.format(compound=compound) for compound in chosen for form in PROPERTIES],
        "elements": [form.format(first=first, second=second) for first, second in pairs for form in ABOUT_ELEMENTS],
    }
    for domain, texts in every.items():
        drawn = rng.permutation(texts)[: 2 * others + 2 * asked].tolist()
        rows += _split(drawn[: 2 * asked], domain, asked)
        rows += [(text, domain, "base" if place % 2 else "train") for place, text in enumerate(drawn[2 * asked :])]
    for compound in rng.permutation(chosen)[:wrong].tolist():
        rows.append((_stated(rng.choice(TAUGHT), compound, wrong_pair(rng, compound)), DOMAINS[4], "train"))
    return pd.DataFrame(rows, columns=["text", "domain", "split"])


def domain_sequences(table: pd.DataFrame) -> Sequences:
    """The texts as token arrays (n, T): of questions, the direct form, the answer alone counts."""
    asks = table["text"].str.contains(PROMPT.format(compound="").strip())
    tokens = [marked(encode(text), end=not ask) for text, ask in zip(table["text"], asks, strict=True)]
    first = np.where(asks, 1 + len(PROMPT.split()), 1).tolist()
    return pack(tokens, first, CONTEXT, table["text"].tolist(), pad=0)


def _stated(form: str, compound: str, pair: tuple[str, str]) -> str:
    return STATEMENTS[form].format(compound=compound, first=pair[0], second=pair[1])


def _split(texts: list[str], domain: str, asked: int) -> list[tuple[str, str, str]]:
    return [(text, domain, "target" if place < asked else "test") for place, text in enumerate(texts)]
