import pytest
import yaml

from influence_lab.config.check import ConfigError, check
from influence_lab.locations import ROOT


def configured(**changed):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["two_stage_lm"] |= changed
    return config


@pytest.mark.parametrize(
    ("key", "value"),
    [("pairs", 3), ("alpha", 0.0), ("other_alphas", [0.0]), ("cost_repeats", 0), ("cost_draws", 1), ("draws", 5)],
)
def test_values_out_of_range_are_named(key, value):
    with pytest.raises(ConfigError, match=f"two_stage_lm.{key}"):
        check(configured(**{key: value}))


def test_costs_are_not_measured_on_more_pairs_than_there_are():
    with pytest.raises(ConfigError, match="cost_texts at most pairs"):
        check(configured(pairs=10, cost_texts=11))
