import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.scaling_to_corpora import ScalingToCorpora
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["scaling_to_corpora"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ranks": [1, 4, 2, 32]}, "ranks that rise"),
        ({"rank": 31}, "`rank` among them"),
        ({"cost_widths": [64, 100, 128, 256]}, "multiples of 64"),
        ({"batched_queries": 7}, "greater than or equal to 8"),
        ({"share": 1.0}, "less than 1"),
    ],
)
def test_values_that_mean_nothing_are_refused(section, changed, message):
    ScalingToCorpora(**section)
    with pytest.raises(ValidationError, match=message):
        ScalingToCorpora(**section | changed)
