"""Retraining in chunks: a run that was killed goes on, and the result does not depend on where it was cut."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.data.small_corpus import split_of
from influence_lab.models import small_gpt_experiment
from influence_lab.models.retraining_store import OtherWorkError
from influence_lab.models.small_gpt_experiment import retrained_outputs, small_gpt_model, with_new_texts
from tests.models.small_gpt_cases import ARRAYS, VALUES, small_experiment

EXPERIMENT = small_experiment()
WEIGHTS = 1 - np.eye(len(EXPERIMENT.texts))


def chunks(folder):
    return sorted(folder.glob("chunk_*.npz"))


def test_a_killed_run_goes_on_and_ends_with_the_same_bits(tmp_path, monkeypatch):
    """Killed without warning after its first chunk; what was finished is not trained again."""
    store = tmp_path / "store"
    command = (
        "from influence_lab.models import small_gpt_experiment\n"
        "from tests.models.test_small_gpt_experiment import EXPERIMENT, WEIGHTS\n"
        "small_gpt_experiment.CHUNK = 2\n"
        f"small_gpt_experiment.retrained_outputs(EXPERIMENT, WEIGHTS, 0, {str(store)!r})"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.Popen([sys.executable, "-c", command], env=environment)
    while not chunks(store) and run.poll() is None:
        time.sleep(0.005)
    run.send_signal(signal.SIGKILL)
    run.wait()
    finished = {path: path.stat().st_mtime_ns for path in chunks(store)}
    assert 0 < len(finished) < len(WEIGHTS) / 2
    monkeypatch.setattr(small_gpt_experiment, "CHUNK", 2)
    resumed, whole = (retrained_outputs(EXPERIMENT, WEIGHTS, 0, folder) for folder in (store, None))
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    for name in whole:
        assert_array_equal(resumed[name], whole[name])


def test_chunks_of_another_seed_are_refused(tmp_path):
    retrained_outputs(EXPERIMENT, WEIGHTS[:2], 0, tmp_path)
    with pytest.raises(OtherWorkError, match="with other seed; remove it"):
        retrained_outputs(EXPERIMENT, WEIGHTS[:2], 1, tmp_path)


@pytest.mark.parametrize("changed", [{"steps": 13}, {"weight_decay": 0.1}])
def test_chunks_of_another_training_are_refused(tmp_path, changed):
    retrained_outputs(EXPERIMENT, WEIGHTS[:2], 0, tmp_path)
    with pytest.raises(OtherWorkError, match=f"with other {next(iter(changed))}; remove it"):
        retrained_outputs(small_experiment(**changed), WEIGHTS[:2], 0, tmp_path)


def test_how_models_share_chunks_changes_outputs_by_rounding_only(monkeypatch):
    whole = retrained_outputs(EXPERIMENT, WEIGHTS, 0)["outputs"]
    monkeypatch.setattr(small_gpt_experiment, "CHUNK", 5)
    assert_allclose(retrained_outputs(EXPERIMENT, WEIGHTS, 0)["outputs"], whole, rtol=1e-4)


def test_the_same_run_gives_the_same_bits_and_another_seed_other_numbers():
    first, second, other = (retrained_outputs(EXPERIMENT, WEIGHTS[:3], seed)["outputs"] for seed in (0, 0, 1))
    assert_array_equal(first, second)
    assert not np.allclose(first, other, rtol=1e-3)


def test_the_stored_base_model_answers_as_it_did(tmp_path):
    write_arrays(tmp_path / "model.npz", **EXPERIMENT.base_model(1))
    model = small_gpt_model(read_arrays(tmp_path / "model.npz"), VALUES["heads"])
    assert model.architecture == EXPERIMENT.architecture
    queries = EXPERIMENT.queries
    targets = torch.tensor(queries.targets)[..., None]
    with torch.no_grad():
        tokens = model(torch.tensor(queries.inputs)).log_softmax(-1).gather(-1, targets)[..., 0]
    found = (tokens * torch.tensor(queries.weights)).sum(1)
    expected = retrained_outputs(EXPERIMENT, np.ones((1, len(EXPERIMENT.texts))), 1)["outputs"][0]
    assert_allclose(found, expected, rtol=1e-4)


def test_new_texts_of_weight_0_change_nothing_and_of_weight_1_something():
    new = split_of(ARRAYS, "new")
    more = with_new_texts(EXPERIMENT, new)
    assert more.documents == len(EXPERIMENT.texts) == len(more.texts) - len(new)
    weights = np.ones((2, len(more.texts)))
    weights[0, more.documents :] = 0
    without, added = retrained_outputs(more, weights, 0)["outputs"]
    base = retrained_outputs(EXPERIMENT, np.ones((1, more.documents)), 0)["outputs"][0]
    assert_allclose(without, base, rtol=1e-4)
    assert np.abs(added - base).max() > 1e-2


def test_the_precision_of_a_model_is_that_of_its_arrays():
    doubled = {name: values.astype(float) for name, values in EXPERIMENT.base_model(0).items()}
    assert small_gpt_model(doubled, VALUES["heads"]).unembedding.weight.dtype == torch.float64
