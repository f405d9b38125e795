import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.image_partition import ImagePartition
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["image_partition"]


@pytest.mark.parametrize("overlay", ["smoke", "full"])
def test_defaults_and_overlays_are_consistent(section, overlay):
    assert ImagePartition(**section).restarts >= 3
    over = yaml.safe_load((ROOT / f"config/{overlay}.yaml").read_text(encoding="utf-8"))["image_partition"]
    ImagePartition(**section | over)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("groups", 7, "one of counts"),
        ("start_images", 50, "at least the largest of counts, 100"),
        ("subset_groups", 3000, "at most subset_images, 2000"),
        ("queries", 5, "at most queries, 5"),
        ("decay", 0, "greater than 0"),
        ("counts", [1, 100], "greater than or equal to 2"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        ImagePartition(**section | {key: value})
