import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.functioning_groups import FunctioningGroups
from influence_lab.locations import ROOT


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("search_damping", 0.0, "greater than 0"),
        ("search_dampings", [0.1, -1.0], "greater than 0"),
        ("search_dampings", [0.01], "search_dampings that contain search_damping"),
        ("tuning_draws", 1, "greater than or equal to 2"),
        ("recovery_draws", 2, "greater than or equal to 4"),
        ("stop_neighbours", 1, "greater than or equal to 2"),
    ],
)
def test_search_values_out_of_range_are_refused(key, value, allowed):
    section = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["functioning_groups"]
    with pytest.raises(ValidationError, match=allowed):
        FunctioningGroups(**section | {key: value})
