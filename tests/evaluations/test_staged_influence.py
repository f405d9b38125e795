import numpy as np
import pytest

from influence_lab.evaluations.staged_influence import staged_influence
from tests.models.small_gpt_cases import staged_case

# torch compiles its forward derivatives on first use, in a way that it has deprecated itself
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def found():
    return staged_influence(staged_case(), 0.3, 1.0, [0.3, 3.0], beta=0.5, epsilon=1e-5)


def apart(found, measured):
    return np.linalg.norm(found - measured, axis=-1) / np.linalg.norm(measured, axis=-1)


def test_the_formula_is_the_derivative_of_training_every_stage_again(found):
    for stage in ("one", "two", "three"):
        assert (apart(found[stage], found[f"{stage}_measured"]) < 1e-6).all()


def test_the_reference_policy_is_a_part_of_it(found):
    assert (apart(found["three_without"], found["three_measured"]) > 1e-3).all()


def test_every_stage_ends_in_a_strict_minimum_and_dpo_raises_the_margin(found):
    assert (found["least"] > 0).all()
    assert found["margins"].shape == (4, 2)
    assert (found["margins"][2:].mean(axis=1) > found["margins"][1].mean()).all()
