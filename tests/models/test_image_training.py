"""Training of image models: repeatable to the bit, also where it was killed and went on."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax

from influence_lab.models.image_checkpoints import DamagedCheckpointWarning
from influence_lab.models.image_schedule import Schedule
from influence_lab.models.image_training import cross_entropies, train_image_model
from tests.models.image_cases import small_images

DATA = small_images(200, 100)
SCHEDULE = Schedule(images=200, seed=0, epochs=6, batch_size=16, learning_rate=3e-3, final_learning_rate=3e-4)


def same(one, other):
    """Whether two results are the same to the bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def trained(folder):
    return train_image_model("cnn", DATA, SCHEDULE, folder)


def test_training_lowers_the_loss_on_real_digits(trained):
    """From chance, log 10, on 200 digits; the test images were not trained on."""
    assert trained["start_loss"] == pytest.approx(np.log(10), abs=0.2)
    assert trained["end_loss"] < 0.5 * trained["start_loss"]
    assert trained["test_accuracy"][-1] > 0.5
    assert trained["final_learning_rate"] == pytest.approx(SCHEDULE.final_learning_rate, rel=1e-12)
    assert all(len(trained[f"{which}"]) == 6 for which in ("running_loss", "test_loss", "running_accuracy"))


def test_finished_checkpoints_give_the_same_result_again(trained, folder):
    """The last checkpoint is from before the last epoch's test."""
    assert same(train_image_model("cnn", DATA, SCHEDULE, folder), trained)


def test_another_seed_gives_other_weights(trained, tmp_path):
    other = train_image_model("cnn", DATA, replace(SCHEDULE, seed=1), tmp_path)
    assert not any(np.array_equal(other[key], trained[key]) for key in trained if key.startswith("w"))


def test_a_killed_training_goes_on_and_ends_with_the_same_bits(trained, tmp_path):
    """Killed without warning in the middle of an epoch; checkpoints after every step."""
    command = (
        "from influence_lab.models.image_training import train_image_model\n"
        "from tests.models.test_image_training import DATA, SCHEDULE\n"
        f"train_image_model('cnn', DATA, SCHEDULE, {str(tmp_path)!r}, seconds=0)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.Popen([sys.executable, "-c", command], env=environment, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("step_00000002?.npz")) and run.poll() is None:
        time.sleep(0.001)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    reached = max(int(path.stem.removeprefix("step_")) for path in tmp_path.glob("step_*.npz"))
    assert 20 <= reached < SCHEDULE.steps
    assert same(train_image_model("cnn", DATA, SCHEDULE, tmp_path), trained)


def test_a_damaged_checkpoint_is_passed_over_and_the_bits_stay(tmp_path, capfd):
    """The ResNet: its dropout and its moving averages must go on too."""
    data, schedule = small_images(12, 4), Schedule(12, 2, 2, 8, 1e-3, 1e-4)
    whole = train_image_model("resnet", data, schedule, tmp_path, seconds=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step_000000003.npz", "step_000000004.npz"]
    last = tmp_path / "step_000000004.npz"
    last.write_bytes(last.read_bytes()[:-100])
    with pytest.warns(DamagedCheckpointWarning, match=r"step_000000004\.npz is damaged"):
        again = train_image_model("resnet", data, schedule, tmp_path, seconds=0)
    assert same(again, whole)
    assert capfd.readouterr() == ("goes on from the checkpoint at step 3 of 4\n", "")


def test_cross_entropy_is_minus_the_log_of_the_label_s_probability():
    logits = np.random.default_rng(0).normal(size=(6, 10)).astype(np.float32) * 30
    labels = np.arange(6)
    expected = -log_softmax(logits.astype(float), axis=1)[labels, labels]
    assert cross_entropies(logits, labels) == pytest.approx(expected, rel=1e-12, abs=1e-12)
