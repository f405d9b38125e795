from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.ask import Ask
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["ask"]


def test_the_default_ships_with_the_repository_and_adapts_the_packaged_model_alone(section):
    ask = Ask(**section)
    assert all((ROOT / path).is_file() for path in (ask.corpus, ask.queries))
    assert ask.adapt == "auto"


@pytest.mark.parametrize(("given", "meant"), [("true", True), ("false", False), (True, True), ("auto", "auto")])
def test_adapt_comes_from_the_command_line_as_a_string(section, given, meant):
    assert Ask(**section | {"adapt": given}).adapt == meant


def test_home_is_written_out_and_other_paths_are_left_alone(section):
    ask = Ask(**section | {"corpus": "~/my texts.jsonl", "queries": "../q.jsonl", "model": "~/model"})
    assert ask.corpus == str(Path.home() / "my texts.jsonl")
    assert ask.queries == "../q.jsonl"
    assert ask.model == str(Path.home() / "model")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("adapt", "perhaps"),
        ("corpus", " "),
        ("queries", "{x}.jsonl"),
        ("model", ""),
        ("corpus", "~nobody-of-this-name/texts.jsonl"),
        ("longest", 4),
        ("damping", 0.0),
        ("top", 0),
        ("blocks", 0),
    ],
)
def test_values_out_of_range_are_refused(section, key, value):
    with pytest.raises(ValidationError, match=key):
        Ask(**section | {key: value})
