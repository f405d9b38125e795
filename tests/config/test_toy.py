import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.toy import Toy
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["toy"]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("red_x", [0.0], "equal lengths"),
        ("red_radii", [0.5, 0.0], "greater than 0"),
        ("hidden", [], "at least 1 item"),
        ("bench_engine_models", 1, "at least bench_loop_models"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        Toy(**section | {key: value})
