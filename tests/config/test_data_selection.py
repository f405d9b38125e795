import pytest
import yaml

from influence_lab.config.check import ConfigError, check
from influence_lab.locations import ROOT


def configured(**changed):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["data_selection"] |= changed
    return config


@pytest.mark.parametrize(
    ("key", "value"), [("seeds", 1), ("targets", 13), ("wrong", 6), ("first_alpha", 0.0), ("language_steps", 0)]
)
def test_values_out_of_range_are_named(key, value):
    with pytest.raises(ConfigError, match=f"data_selection.{key}"):
        check(configured(**{key: value}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"removed": 169}, "at most 168"), ({"budgets": [169]}, "at most 168"), ({"reference_steps": 70}, "first_steps")],
)
def test_values_that_do_not_fit_each_other_are_named(changed, message):
    with pytest.raises(ConfigError, match=message):
        check(configured(**changed))


@pytest.mark.parametrize("budgets", [[12, 6], [6, 6]])
def test_budgets_ascend(budgets):
    with pytest.raises(ConfigError, match="ascending"):
        check(configured(budgets=budgets))
