import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.relative_influence import RelativeInfluence
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["relative_influence"]


def test_default_has_five_seeds_or_more(section):
    assert RelativeInfluence(**section).seeds >= 5


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("weight_decay", 0, "greater than 0"),
        ("train_rows", 102, "multiple of 4"),
        ("seeds", 2, "greater than or equal to 3"),
        ("bound", 0.1, "less than or equal to 0.001"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        RelativeInfluence(**section | {key: value})
