import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.weights_boundary import WeightsBoundary
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["weights_boundary"]


def test_default_flips_at_least_fifty_seed_images_and_has_the_reports_limits(section):
    assert section["flip_seeds"] >= 50
    assert section["groups"] >= 20
    assert (section["steps"], section["largest_norm"], section["candidates"]) == (100, 1.0, 200)
    WeightsBoundary(**section)


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"network_sizes": [7]}, "network_sizes that are among sizes"),
        ({"judged_groups": 1000}, "network_groups and judged_groups of at most groups"),
        ({"sizes": [5, 10]}, "sizes that contain 1"),
        ({"greedy_size": 90, "candidates": 50}, "more candidates than"),
        ({"largest_norm": 0}, "greater than 0"),
    ],
)
def test_values_that_do_not_fit_are_refused(section, change, allowed):
    with pytest.raises(ValidationError, match=allowed):
        WeightsBoundary(**section | change)
