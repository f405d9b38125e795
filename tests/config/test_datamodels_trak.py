import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.datamodels_trak import DatamodelsTrak
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["datamodels_trak"]


def test_default_trains_thousands_of_networks(section):
    config = DatamodelsTrak(**section)
    others = len(config.alphas) - 1
    fits = config.half_subsets + others * config.subsets
    assert fits + config.held_out * (config.half_repeats + others * config.repeats) >= 9000


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("alphas", [0.1, 0.9], "0.5 among them"),
        ("trak_models", 351, "at most a tenth"),
        ("sizes", [100, 50], "increase"),
        ("half_repeats", 5, "multiple of 2"),
        ("targets", 61, "multiple of 3"),
    ],
)
def test_values_that_do_not_fit_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        DatamodelsTrak(**section | {key: value})
