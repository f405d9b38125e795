import numpy as np
import torch
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.data.small_corpus import split_of
from influence_lab.models import two_stage_retraining
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities
from influence_lab.models.small_gpt_tuning import Tuning
from influence_lab.models.two_stage_retraining import tuned_outputs
from tests.models.small_gpt_cases import ARRAYS, small_experiment

EXPERIMENT = small_experiment()
MODELS = [SmallGPT(EXPERIMENT.architecture, seed) for seed in range(3)]
STACKED = stack([dict(model.named_parameters()) for model in MODELS])
STARTS = flattened(STACKED)[0].numpy()
TUNING, QUERIES = split_of(ARRAYS, "train")[:4], split_of(ARRAYS, "query")


def outputs(starts: np.ndarray, how: Tuning, folder=None) -> np.ndarray:
    return tuned_outputs(MODELS[0], starts, TUNING, QUERIES, how, folder)["outputs"]


def test_flat_parameters_of_any_number_of_models_go_back_to_their_names():
    by_name = flattened(stack([dict(MODELS[0].named_parameters())]))[1]
    for name, values in by_name(torch.from_numpy(STARTS)).items():
        assert_array_equal(values.numpy(), STACKED[name].numpy())


def test_models_are_tuned_each_from_its_own_start_whatever_chunk_they_are_in(monkeypatch, tmp_path):
    """Sums in single precision, in another order."""
    how = Tuning(alpha=1.0, steps=5, learning_rate=0.01)
    together = outputs(STARTS, how)
    monkeypatch.setattr(two_stage_retraining, "CHUNK", 2)
    assert_allclose(outputs(STARTS, how, tmp_path), together, atol=1e-4)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    assert_allclose(np.concatenate([outputs(STARTS[[row]], how) for row in range(3)]), together, atol=1e-4)


def test_a_strong_proximity_leaves_the_answers_of_pre_training():
    """α = 1e6 and a gradient below 100 leave ‖Δθ‖ below 1e-4, and Adam's steps end at 1e-7 times the rate."""
    with torch.no_grad():
        before = text_log_probabilities(MODELS[0], STACKED, QUERIES).numpy()
    near = outputs(STARTS, Tuning(alpha=1e6, steps=200, learning_rate=1e-4))
    free = outputs(STARTS, Tuning(alpha=0.0, steps=200, learning_rate=1e-2))
    assert np.abs(near - before).max() < 0.02
    assert np.abs(free - before).max() > 0.5
