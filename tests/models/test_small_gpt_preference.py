import numpy as np
import torch
from numpy.testing import assert_allclose

from influence_lab.data.small_questions import question_arrays, questions_of, small_questions
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_preference import Preference, preferred
from tests.models.small_gpt_cases import TABLE, small_experiment, starts

EXPERIMENT = small_experiment()
MODEL, START = SmallGPT(EXPERIMENT.architecture), starts(EXPERIMENT, [0])
ARRAYS = question_arrays(small_questions(TABLE, 0, taught=3, preferences=3))
PAIRS = questions_of(ARRAYS, "preferred"), questions_of(ARRAYS, "refused")


def tune(**changed):
    return preferred(MODEL, START, PAIRS, Preference(**{"beta": 0.5, "alpha": 0.0, "steps": 15} | changed))


def test_the_margin_of_every_pair_rises_and_the_start_is_not_changed():
    before = {name: values.clone() for name, values in START.items()}
    found = tune(learning_rate=0.01)
    margins = found.preferred - found.refused
    assert margins.shape == (16, 3)
    assert (margins[-1] > margins[0]).all()
    assert all(torch.equal(values, START[name]) for name, values in before.items())


def test_a_strong_proximity_holds_the_model_at_its_reference():
    """The pull exceeds the loss's slope β|∇m| beyond a distance of that over α."""
    free, held = tune(learning_rate=1e-3), tune(learning_rate=1e-3, alpha=1e4)
    rise = [np.abs((run.preferred - run.refused)[-1] - (run.preferred - run.refused)[0]).max() for run in (free, held)]
    assert rise[1] < 0.1 * rise[0]


def test_without_a_step_to_take_nothing_changes():
    found = tune(learning_rate=0.0)
    assert_allclose(found.preferred, found.preferred[:1].repeat(16, axis=0), rtol=1e-12)
