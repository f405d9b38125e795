import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.taylor_neumann import TaylorNeumann
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["taylor_neumann"]


def test_default_is_valid(section):
    assert TaylorNeumann(**section).points == section["points"]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("weight_decay", -1, "greater than 0"),
        ("epsilons", 5, "greater than or equal to 6"),
        ("points", 99, "network_rows / 4"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        TaylorNeumann(**section | {key: value})
