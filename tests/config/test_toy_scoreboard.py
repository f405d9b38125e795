import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.toy_scoreboard import ToyScoreboard
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["toy_scoreboard"]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [("damping", 0, "greater than 0"), ("rank", 1000, "rank at most steps"), ("removed", 1, "greater than or equal")],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        ToyScoreboard(**section | {key: value})
