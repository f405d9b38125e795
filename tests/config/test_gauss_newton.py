import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.gauss_newton import GaussNewton
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["gauss_newton"]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("dampings", [0.1, -1.0], "greater than 0"),
        ("seeds", 1, "greater than or equal to 2"),
        ("checkpoints", [0, 30, 10], "increasing order"),
        ("hidden", [], "at least 1 item"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        GaussNewton(**section | {key: value})
