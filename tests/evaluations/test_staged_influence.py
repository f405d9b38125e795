import numpy as np
import pytest

from influence_lab.evaluations.staged_influence import staged_influence, trained
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


def test_dpo_raises_the_margin():
    gpt = staged_case()
    second = trained(gpt.fine_tuning(1.0), trained(gpt.pretraining(0.3), gpt.start).theta)
    third = trained(gpt.preference(0.3, 0.5), second.theta)
    before, after = (
        (gpt.log_p(one.theta, gpt.preferred) - gpt.log_p(one.theta, gpt.refused)) for one in (second, third)
    )
    assert after.mean() > before.mean()


def test_every_stage_ends_in_a_strict_minimum(found):
    assert found["least"].shape == (4,)
    assert (found["least"] > 0).all()
