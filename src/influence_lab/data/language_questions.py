"""Answered questions that a language model is fine-tuned on, and questions that only its earlier texts answer."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from influence_lab.data.elements import REMEDY, ElementsError

SPLITS = ("tuning", "held_out", "query")
COMPOSED = " is composed of"  # how the prompts of the chemistry queries end
TABLE = """
    SELECT e.name AS name, symbol, e.atomic_number AS number, period, series.name AS family, discoverers,
           discovery_year AS year, melting_point AS melting
    FROM elements e JOIN series ON series.id = e.series_id
    LEFT JOIN phasetransitions p ON p.atomic_number = e.atomic_number AND p.allotrope IS NULL
    GROUP BY e.atomic_number ORDER BY e.atomic_number
"""


class Fact(NamedTuple):
    """A fact of an element: the question, the answer that repeats it, and what ends that, from a row of the table."""

    question: str
    answer: str
    value: Callable[[Any], str | None]  # None where the table does not have it


def _one_discoverer(row: Any) -> str | None:
    names = row["discoverers"] or ""
    several = any(mark in names for mark in (",", ";", "/", " and ", "Known", "Laborator", "Institute", "Centre"))
    return None if several or not names else names


FACTS = {
    "symbol": Fact("What is the symbol of {}?", "The symbol of {} is", lambda row: row["symbol"]),
    "number": Fact("What is the atomic number of {}?", "The atomic number of {} is", lambda row: str(row["number"])),
    "family": Fact("To which family does {} belong?", "{} belongs to the", lambda row: row["family"].lower()),
    "discoverer": Fact("Who discovered {}?", "{} was discovered by", _one_discoverer),
    "year": Fact(
        "When was {} discovered?", "{} was discovered in", lambda row: str(row["year"]) if row["year"] else None
    ),
    "period": Fact("In which period is {}?", "{} is in period", lambda row: str(row["period"])),
    "melting": Fact(
        "When does {} melt?", "{} melts at", lambda row: f"{row['melting']:.0f} K" if row["melting"] else None
    ),
}


def language_questions(database: Path, queries: pd.DataFrame, pairs: int, held_out: int, seed: int) -> pd.DataFrame:
    """Question-answer pairs from structured facts about elements, and questions on what earlier texts have taught.

    Args:
        database: mendeleev's.
        queries: the chemistry queries, columns id, prompt, answer, kind, fact.
        pairs: number of pairs to fine-tune on, over all kinds of fact in turn.
        held_out: number of further pairs of the same form that are kept apart.
        seed: draws the elements.

    Returns:
        A row a question: `id`, `element` ("" for queries), `fact` (a kind of fact; for queries the name that training
        texts which state the answer bear), `question`, `prompt`, `answer` (what the loss is of; prompt, a blank and it
        are the whole text), `text`, `split` (tuning, held_out, query). In pairs the answer is a sentence that repeats
        the question; in queries the prompt goes on to where the sentence has only the fact left. Queries are the facts
        that were taught and the false statements that were planted.

    Raises:
        ElementsError: the database is not as expected, or has fewer facts than asked for.
    """
    drawn = _drawn(_candidates(database), pairs + held_out, seed)
    rows = [
        (f"{kind}/{element}", element, kind, question, asked(question), answer, SPLITS[place >= pairs])
        for place, (kind, element, question, answer) in enumerate(drawn)
    ]
    for row in queries[queries["kind"].isin(["fact", "mistake_false"]) & (queries["fact"] != "")].itertuples():
        question = composition_question(row.prompt)
        prompt = f"{asked(question)} {row.prompt}"
        rows.append((row.id, "", row.fact, question, prompt, row.answer.strip(), "query"))
    table = pd.DataFrame(rows, columns=["id", "element", "fact", "question", "prompt", "answer", "split"])
    return table.assign(text=table["prompt"] + " " + table["answer"])


def asked(question: str) -> str:
    """The prompt of a question.

    >>> asked("What is the symbol of iron?")
    'Question: What is the symbol of iron? Answer:'
    """
    return f"Question: {question} Answer:"


def composition_question(prompt: str) -> str:
    """The question of a chemistry query's prompt.

    Raises:
        ValueError: the prompt has another form.

    >>> composition_question("Table salt is composed of")
    'What is table salt composed of?'
    """
    name = prompt.removesuffix(COMPOSED)
    if name == prompt:
        raise ValueError(f"{prompt!r} does not end with {COMPOSED!r}")
    return f"What is {name[0].lower()}{name[1:]} composed of?"


def _candidates(database: Path) -> dict[str, list[tuple[str, str, str, str]]]:
    """Every answered question of each kind, in the order of the atomic numbers."""
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(TABLE).fetchall()
    except sqlite3.Error as error:
        raise ElementsError(f"{database} is not mendeleev's database of elements ({error}); {REMEDY}") from error
    return {
        kind: [
            (kind, row["name"].lower(), fact.question.format(row["name"].lower()), _sentence(fact, row["name"], value))
            for row in rows
            if (value := fact.value(row))
        ]
        for kind, fact in FACTS.items()
    }


def _sentence(fact: Fact, name: str, value: str) -> str:
    """The answer, the element's name with a capital letter where it comes first."""
    return f"{fact.answer.format(name if fact.answer.startswith('{}') else name.lower())} {value}"


def _drawn(candidates: dict[str, list], count: int, seed: int) -> list:
    """So many questions, the kinds in turn, elements at random."""
    rng = np.random.default_rng(seed)
    shuffled = [[each[i] for i in rng.permutation(len(each))] for each in candidates.values()]
    fewest = min(map(len, shuffled))
    if count > fewest * len(shuffled):
        raise ElementsError(
            f"{count} questions were asked for, but there are {fewest * len(shuffled)} with all kinds of fact in turn; "
            "ask for fewer pairs"
        )
    return [shuffled[place % len(shuffled)][place // len(shuffled)] for place in range(count)]
