import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.multi_stage import MultiStage
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["multi_stage"]


def test_the_default_covers_the_range_of_the_claim(section):
    checked = MultiStage(**section)
    assert min(checked.alphas) <= 1e-3
    assert max(checked.alphas) >= 1e6
    assert checked.limit_alphas == sorted(checked.limit_alphas)
    assert min(checked.seeds, checked.gpt_seeds) >= 2


@pytest.mark.parametrize(
    ("key", "value"),
    [("alphas", [0.0, 1.0]), ("epsilon", 0.1), ("width", 5), ("beta", 0.0), ("preference_alphas", []), ("points", 2)],
)
def test_values_out_of_range_are_refused(section, key, value):
    with pytest.raises(ValidationError, match=key):
        MultiStage(**section | {key: value})
