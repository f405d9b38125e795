import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.small_gpt import SmallGPT
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["small_gpt"]


def test_default_asks_for_three_seeds_and_a_hundred_subsets(section):
    """The issue's numbers."""
    checked = SmallGPT(**section)
    assert checked.seeds >= 3
    assert checked.subsets >= 100
    assert (checked.layers, checked.width) == (2, 32)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("statements", 6, "less than or equal to 5"),
        ("compounds", 25, "less than or equal to 24"),
        ("heads", 5, "width a multiple of heads"),
        ("new", 25, "at most compounds"),
        ("weight_decay", 0.0, "greater than 0"),
        ("alpha", 1.0, "less than 1"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        SmallGPT(**section | {key: value})
