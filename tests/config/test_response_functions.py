import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.response_functions import ResponseFunctions
from influence_lab.locations import ROOT


@pytest.fixture
def configuration():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def test_default_has_five_seeds(configuration):
    assert ResponseFunctions(**configuration["response_functions"]).seeds >= 5


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("seeds", 1, "greater than or equal to 2"),
        ("damping", 0.5, "damping one of dampings"),
        ("length", 7, "length one of lengths"),
        ("fading_dampings", [0.5], "damping one of fading_dampings"),
        ("fading_steps", [1, 100], "10 among them"),
        ("fading_steps", [10, 1], "increasing"),
        ("dampings", [0.0], "greater than 0"),
    ],
)
def test_values_out_of_range_are_refused(configuration, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        ResponseFunctions(**configuration["response_functions"] | {key: value})
