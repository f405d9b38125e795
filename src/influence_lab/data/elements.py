"""Texts about the elements, from the SQLite database that ships inside the package mendeleev."""

import sqlite3
from collections import Counter
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

COLUMNS = ("description", "sources", "uses")
REMEDY = "install it with: make (or: pip install -r envs/requirements.lock)"


class ElementsError(ValueError):
    """The element texts cannot be had as asked for; the message says why and what to do."""


class ElementText(NamedTuple):
    """A text about an element.

    Attributes:
        id: for example `helium/uses`.
        element: its name in small letters.
        text: with the element's name in it, so that it stands alone.
    """

    id: str
    element: str
    text: str


def elements_database(package: str = "mendeleev") -> Path:
    """The database inside the installed package, which is not imported: what it imports need not be installed.

    Raises:
        ElementsError: the package is not installed, or holds no database.
    """
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ElementsError(f"the package {package}, which holds the element texts, is missing; {REMEDY}")
    path = Path(found.submodule_search_locations[0]) / "elements.db"
    if not path.is_file():
        raise ElementsError(f"{path} is missing in the package {package}; {REMEDY}")
    return path


def read_element_texts(database: Path) -> list[ElementText]:
    """All texts, in the order of the atomic numbers.

    Blanks are made single. A text that the database gives to several elements word for word ("It has no significant
    commercial applications.") is left out: it says nothing about any of them.

    Raises:
        ElementsError: the file is no database, or has no table of elements with these columns.
    """
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            query = f"SELECT name, {', '.join(COLUMNS)} FROM elements ORDER BY atomic_number"
            rows = connection.execute(query).fetchall()
    except sqlite3.Error as error:
        raise ElementsError(f"{database} is not mendeleev's database of elements ({error}); {REMEDY}") from error
    found = [
        (name, column, " ".join(text.split()))
        for name, *texts in rows
        for column, text in zip(COLUMNS, texts, strict=True)
        if text and text.strip()
    ]
    times = Counter(text for _, _, text in found)
    return [
        ElementText(f"{name.lower()}/{column}", name.lower(), _alone(name, text))
        for name, column, text in found
        if times[text] == 1
    ]


def draw_element_texts(
    texts: list[ElementText], train: int, held_out: int, first: set[str], seed: int
) -> tuple[list[ElementText], list[ElementText]]:
    """Some texts to train on and some kept apart, at random; those about certain elements are trained on first.

    Args:
        texts: to draw from.
        train: number to train on.
        held_out: number kept apart, none of them about `first`.
        first: names of elements, in small letters.
        seed: of the draw.

    Raises:
        ElementsError: there are fewer texts than asked for.
    """
    shuffled = [texts[i] for i in np.random.default_rng(seed).permutation(len(texts))]
    others = [entry for entry in shuffled if entry.element not in first]
    preferred = [entry for entry in shuffled if entry.element in first]
    if held_out > len(others) or train + held_out > len(texts):
        raise ElementsError(
            f"element_texts {train} and held_out_element_texts {held_out} were asked for, but there are {len(texts)} "
            f"texts, {len(others)} of them not about elements of the compounds; ask for fewer or raise "
            "longest_characters"
        )
    return (preferred + others[held_out:])[:train], others[:held_out]


def _alone(name: str, text: str) -> str:
    return text if text.startswith(name) else f"{name}: {text}"
