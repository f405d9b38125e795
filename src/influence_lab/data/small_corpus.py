"""Short texts on what compounds are composed of, written so that it is known which text states which fact."""

import numpy as np
import pandas as pd

from influence_lab.data.sequences import Sequences, pack
from influence_lab.data.small_corpus_words import (
    ABOUT_ELEMENTS,
    FACTS,
    PROMPT,
    PROPERTIES,
    STATEMENTS,
    encode,
    marked,
)

Array = np.ndarray
Pair = tuple[str, str]
CONTEXT = 16  # tokens that the model reads
SPLITS = ("train", "query", "new")


def small_corpus(
    seed: int, compounds: int, statements: int, misled: int, properties: int, elements: int, new: int
) -> pd.DataFrame:
    """Write the corpus.

    Each compound has statements of its composition, every one in another of six forms. Of a misled compound's
    statements the first is true; the others state one and the same wrong pair of elements.

    Args:
        seed: draws forms, misled compounds, wrong pairs and distractors.
        compounds: how many of `FACTS`, the first ones.
        statements: of each compound's composition, at most 5: the sixth form is kept for new texts.
        misled: number of misled compounds.
        properties: compounds with a text that says something else about them.
        elements: texts about elements, without a compound.
        new: texts kept out of training, in turns a true statement in a form that is new for its compound, a wrong one,
            and a property.

    Returns:
        A row a text, with columns `id`, `text`, `kind` (a form of `STATEMENTS`; wrong, property or elements; for
        queries answer or wrong_answer), `compound` (or ""), `carries` (the compound whose composition the text states
        truly, or ""), `states_wrong` (the compound whose composition it states wrongly, or "") and `split` (train,
        query or new). Queries, in the form of `PROMPT`, ask for the true pair of each compound; for a misled one there
        is a second query with the wrong pair that the corpus states.
    """
    rng = np.random.default_rng(seed)
    chosen = list(FACTS)[:compounds]
    wrong = {compound: wrong_pair(rng, compound) for compound in rng.permutation(chosen)[:misled].tolist()}
    forms = {compound: rng.permutation(list(STATEMENTS)).tolist() for compound in chosen}
    train = [
        _statement(form, compound, wrong[compound] if place and compound in wrong else FACTS[compound])
        for compound in chosen
        for place, form in enumerate(forms[compound][:statements])
    ]
    train += [_property(rng, compound) for compound in rng.permutation(chosen)[:properties].tolist()]
    train += _about_elements(rng, sorted({FACTS[compound] for compound in chosen}), elements)
    queries = [_query(compound, FACTS[compound]) for compound in chosen]
    queries += [_query(compound, pair) for compound, pair in wrong.items()]
    unseen = [
        _property(rng, compound)
        if place % 3 == 2
        else _statement(forms[compound][-1], compound, wrong_pair(rng, compound) if place % 3 else FACTS[compound])
        for place, compound in enumerate(rng.permutation(chosen)[:new].tolist())
    ]
    rows = [
        {"id": f"{split}_{place:03d}", **row, "split": split}
        for split, rows in zip(SPLITS, (train, queries, unseen), strict=True)
        for place, row in enumerate(rows)
    ]
    return pd.DataFrame(rows)


def corpus_arrays(table: pd.DataFrame) -> dict[str, Array]:
    """Texts as token arrays `{split}_inputs`, `{split}_targets` and `{split}_weights`, each of shape (texts, T).

    Rows are in the table's order, and T is the same for all splits. Texts stand between a begin and an end mark, and
    all their tokens but the first count; queries have no end mark, and only their completion counts.
    """
    query = (table["split"] == "query").to_numpy()
    tokens = [marked(encode(text), end=not asks) for text, asks in zip(table["text"], query, strict=True)]
    first = np.where(query, 1 + len(PROMPT.split()), 1).tolist()
    packed = pack(tokens, first, CONTEXT, table["id"].tolist(), pad=0)
    parts = {split: vars(packed[(table["split"] == split).to_numpy()]) for split in SPLITS}
    return {f"{split}_{name}": values for split, part in parts.items() for name, values in part.items()}


def split_of(arrays: dict[str, Array], split: str) -> Sequences:
    """The sequences of one split: train, query or new."""
    return Sequences(*(arrays[f"{split}_{name}"] for name in ("inputs", "targets", "weights")))


def wrong_pair(rng: np.random.Generator, compound: str) -> Pair:
    """The elements of some compound that has none in common with this one."""
    others = sorted({pair for pair in FACTS.values() if not set(pair) & set(FACTS[compound])})
    return others[rng.integers(len(others))]


def _statement(form: str, compound: str, pair: Pair) -> dict[str, str]:
    true = pair == FACTS[compound]
    text = STATEMENTS[form].format(compound=compound, first=pair[0], second=pair[1])
    return _row(text, form if true else "wrong", compound, true, not true)


def _query(compound: str, pair: Pair) -> dict[str, str]:
    true = pair == FACTS[compound]
    text = STATEMENTS["direct"].format(compound=compound, first=pair[0], second=pair[1])
    return _row(text, "answer" if true else "wrong_answer", compound, true, not true)


def _property(rng: np.random.Generator, compound: str) -> dict[str, str]:
    return _row(PROPERTIES[rng.integers(len(PROPERTIES))].format(compound=compound), "property", compound)


def _about_elements(rng: np.random.Generator, pairs: list[Pair], texts: int) -> list[dict[str, str]]:
    """Different texts: no pair comes twice in the same form."""
    places = rng.choice(len(pairs) * len(ABOUT_ELEMENTS), texts, replace=False).tolist()
    drawn = [(pairs[place % len(pairs)], ABOUT_ELEMENTS[place // len(pairs)]) for place in places]
    return [_row(form.format(first=pair[0], second=pair[1]), "elements") for pair, form in drawn]


def _row(text: str, kind: str, compound: str = "", carries: bool = False, states_wrong: bool = False) -> dict[str, str]:
    return {
        "text": text,
        "kind": kind,
        "compound": compound,
        "carries": compound if carries else "",
        "states_wrong": compound if states_wrong else "",
    }
