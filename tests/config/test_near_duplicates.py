import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.near_duplicates import NearDuplicates
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["near_duplicates"]


def test_default_asks_for_groups_as_large_as_the_reports(section):
    assert NearDuplicates(**section).group_size == 25


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("coarse", 0.2, "greater than or equal to 0.5"),
        ("edges", 1.0, "less than 1"),
        ("queries", 1, "greater than or equal to 2"),
        ("all_layer_seeds", -1, "greater than or equal to 0"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        NearDuplicates(**section | {key: value})
