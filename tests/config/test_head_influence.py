import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.head_influence import HeadInfluence, ImageGroupsBench
from influence_lab.locations import ROOT

DEFAULTS = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("shares", [1e-2, 1e-3], "rise between 0 and 1"),
        ("shares", [1e-2, 1.5], "rise between 0 and 1"),
        ("cg_images", 500, "at most influenciae_images"),
        ("flip_seeds", 1, "greater than or equal to 2"),
        ("ridge", 0, "greater than 0"),
    ],
)
def test_values_out_of_range_are_refused(key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        HeadInfluence(**DEFAULTS["head_influence"] | {key: value})


def test_the_bench_judges_the_cnn_at_50000_images_by_default():
    section = ImageGroupsBench(**DEFAULTS["image_groups_bench"])
    assert (section.points[-1], section.size) == (50_000, 25)
    with pytest.raises(ValidationError, match="CNN's 64 features"):
        ImageGroupsBench(**DEFAULTS["image_groups_bench"] | {"widths": [128]})
