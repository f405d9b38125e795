import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.functioning_groups import FunctioningGroups
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["functioning_groups"]


def test_default_has_the_ten_seeds_that_its_claims_ask_for(section):
    assert FunctioningGroups(**section).network_seeds >= 10


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("dropout", 1.0, "less than 1"),
        ("l1", 0, "greater than 0"),
        ("damping", 0.5, "dampings that contain damping"),
        ("group_shares", [0.05, 0.5], "0.05 and 0.25"),
        ("group_shares", [0.05, 0.25, 0.9], "less than or equal to 0.6"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        FunctioningGroups(**section | {key: value})
