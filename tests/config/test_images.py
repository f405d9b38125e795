import re

import pytest
import yaml

from influence_lab.config.check import ConfigError, check
from influence_lab.locations import ROOT

DEFAULTS = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def with_seeds(model: str, seeds: int) -> dict:
    return DEFAULTS | {"images": DEFAULTS["images"] | {model: DEFAULTS["images"][model] | {"seeds": seeds}}}


def test_the_cnn_cannot_be_left_out():
    with pytest.raises(ConfigError, match=re.escape("1 or more for cnn.seeds")) as caught:
        check(with_seeds("cnn", 0))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("model", ["resnet", "vgg19"])
def test_the_other_models_can(model):
    assert check(with_seeds(model, 0))["images"][model]["seeds"] == 0
