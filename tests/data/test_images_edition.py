import pytest

from influence_lab.artifacts import write_facts
from influence_lab.data.images_edition import images_edition

HERE = {"CIFAR10_PATH": "/data/cifar"}
EMPTY = {"CIFAR10_PATH": ""}


def make(facts, source, environment):
    """What the rule does: asks for the edition and writes it beside what came."""
    edition = images_edition(facts, environment)
    write_facts(facts, {"source": source, "edition": edition})
    return edition


@pytest.mark.parametrize("first", [{}, EMPTY, HERE])
def test_images_of_cifar10_are_never_made_anew(tmp_path, first):
    """By CIFAR10_PATH or by a download; the variable may come, go, or name another copy."""
    facts = tmp_path / "images.json"
    made = make(facts, "cifar10", first)
    for later in ({}, EMPTY, HERE, {"CIFAR10_PATH": "/elsewhere"}):
        assert images_edition(facts, later) == made


def test_digits_are_made_anew_exactly_when_there_is_cifar10(tmp_path):
    facts = tmp_path / "images.json"
    made = make(facts, "digits", {})
    assert images_edition(facts, {}) == images_edition(facts, EMPTY) == made
    assert images_edition(facts, HERE) != made


def test_after_digits_and_cifar10_in_turn_the_number_still_tells(tmp_path):
    """Digits again (for another configuration, without the variable), then CIFAR-10 again: each time it must rise."""
    facts = tmp_path / "images.json"
    for _ in range(3):
        digits = make(facts, "digits", {})
        assert images_edition(facts, {}) == digits
        real = make(facts, "cifar10", HERE)
        assert real == digits + 1
        assert images_edition(facts, {}) == images_edition(facts, HERE) == real


@pytest.mark.parametrize(
    "content", ["", "[]", "null", '{"source": "cifar10"}', '{"source": "digits", "edition": null}']
)
def test_damaged_facts_stop_nothing(tmp_path, content):
    (tmp_path / "images.json").write_text(content)
    assert images_edition(tmp_path / "images.json", HERE) == 0
