import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.image_groups import ImageGroups
from influence_lab.evaluations.image_group_summary import LEAST
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["image_groups"]


def test_default_has_the_seed_images_that_a_verdict_needs(section):
    assert 10 * ImageGroups(**section).per_class >= LEAST
    assert section["size"] == 25  # as claim B22 has it


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("model", "vit", "'cnn', 'resnet' or 'vgg19'"),
        ("seed_image", -2, "greater than or equal to -1"),
        ("per_class", 1, "greater than or equal to 2"),
        ("size", 5, "greater than or equal to 8"),
        ("damping_shares", [], "at least 1 item"),
        ("damping_shares", [1.0], "less than 1"),
    ],
)
def test_values_out_of_range_are_refused(section, key, value, allowed):
    with pytest.raises(ValidationError, match=allowed):
        ImageGroups(**section | {key: value})
