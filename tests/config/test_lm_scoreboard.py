import pytest
import yaml

from influence_lab.config.check import ConfigError, check
from influence_lab.locations import ROOT


def configured(**changed):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["lm_scoreboard"] |= changed
    return config


@pytest.mark.parametrize(
    ("key", "value"), [("draws", 5), ("retrieved", 0), ("tail_rate", 0.0), ("newton_queries", 1), ("refit_queries", -1)]
)
def test_values_out_of_range_are_named(key, value):
    with pytest.raises(ConfigError, match=f"lm_scoreboard.{key}"):
        check(configured(**{key: value}))


def test_refits_of_the_language_model_are_not_in_the_default():
    assert check(configured())["lm_scoreboard"]["refit_queries"] == 0
