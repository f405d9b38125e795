import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.token_influence import TokenInfluence
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["token_influence"]


def test_the_default_is_valid_and_has_what_an_interval_needs(section):
    assert TokenInfluence(**section).addition_seeds >= 2


@pytest.mark.parametrize(
    ("key", "value"),
    [("checked_width", 5), ("epsilon", 0.1), ("addition_seeds", 1), ("additions", 13), ("damping", 0.0)],
)
def test_values_out_of_range_are_refused(section, key, value):
    with pytest.raises(ValidationError, match=key):
        TokenInfluence(**section | {key: value})
