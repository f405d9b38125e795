from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.selection_systems import SelectionSystems

VALUES = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["selection_systems"]


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"moved": 9}, "moved at most spare"),
        ({"moved": 8, "easy": 9}, "right training texts of either difficulty"),
        ({"wrong": 0.0}, "one wrong text"),
        ({"easy": 22, "asked": 8}, "the number of different sums"),
    ],
)
def test_problems_that_do_not_suffice_are_refused(changes, allowed):
    with pytest.raises(ValidationError, match=allowed):
        SelectionSystems.model_validate(VALUES | {"infra": VALUES["infra"] | changes})
