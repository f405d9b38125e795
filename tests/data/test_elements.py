import sqlite3
import sys
from contextlib import closing

import pytest

from influence_lab.data.elements import (
    ElementsError,
    ElementText,
    draw_element_texts,
    elements_database,
    read_element_texts,
)

TEXTS = [ElementText(f"{name}/uses", name, name) for name in ("iron", "tin", "zinc", "lead", "gold", "neon")]


def database(path, rows, columns="description, sources, uses"):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE elements (atomic_number, name, {columns})")
        connection.executemany("INSERT INTO elements VALUES (?, ?, ?, ?, ?)", rows)
    return path


def test_texts_are_cleaned_and_stand_alone_and_boilerplate_is_left_out(tmp_path):
    rows = [
        (50, "Tin", "  Tin is \n soft. ", None, "Used in cans."),
        (2, "Helium", "A gas.", " ", "No use."),
        (10, "Neon", "", "In air.", "No  use."),
    ]
    assert read_element_texts(database(tmp_path / "elements.db", rows)) == [
        ("helium/description", "helium", "Helium: A gas."),
        ("neon/sources", "neon", "Neon: In air."),
        ("tin/description", "tin", "Tin is soft."),
        ("tin/uses", "tin", "Tin: Used in cans."),
    ]


def test_the_packages_own_database_is_read_without_importing_the_package():
    texts = read_element_texts(elements_database())
    assert "mendeleev" not in sys.modules
    assert len({text.id for text in texts}) == len({text.text for text in texts}) == len(texts) > 300


def test_a_missing_package_is_named_with_the_remedy():
    with pytest.raises(ElementsError, match=r"no_such_package.* missing; install it with: make .*requirements\.lock"):
        elements_database("no_such_package")
    with pytest.raises(ElementsError, match=r"elements\.db is missing in the package yaml"):
        elements_database("yaml")


def test_another_table_is_refused(tmp_path):
    with pytest.raises(ElementsError, match="no such column: uses"):
        read_element_texts(database(tmp_path / "a.db", [], "description, sources, abuses"))
    (tmp_path / "b.db").write_text("not a database, but as long as the header of one would have to be" * 9)
    with pytest.raises(ElementsError, match="not mendeleev's database"):
        read_element_texts(tmp_path / "b.db")


def test_the_draw_follows_the_seed_and_is_disjoint_with_the_preferred_elements_in_training():
    draws = [draw_element_texts(TEXTS, 3, 2, {"tin", "neon"}, seed) for seed in range(20)]
    for train, held_out in draws:
        assert {"tin", "neon"} < {text.element for text in train}
        assert len(set(train) | set(held_out)) == 5
    assert draws[0] == draw_element_texts(TEXTS, 3, 2, {"tin", "neon"}, 0)
    assert len({frozenset(held_out) for _, held_out in draws}) > 3  # of 6 pairs


@pytest.mark.parametrize(("train", "held_out"), [(5, 2), (0, 5)])
def test_more_texts_than_there_are_cannot_be_drawn(train, held_out):
    with pytest.raises(ElementsError, match="there are 6 texts, 4 of them not about elements of the compounds"):
        draw_element_texts(TEXTS, train, held_out, {"tin", "neon"}, 0)
