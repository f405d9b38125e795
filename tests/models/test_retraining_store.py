"""Chunks on disk: a run that was killed goes on, and nothing half-written or foreign is taken for a result."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from influence_lab.artifacts import write_arrays
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_store import OtherWorkError
from tests.models.retraining_cases import TRAINING, small_work

LONG = replace(TRAINING, epochs=300)


def bytes_of(retrained, folder):
    write_arrays(folder / "all.npz", **retrained._asdict())
    return (folder / "all.npz").read_bytes()


def chunks(folder):
    return sorted(path.name for path in folder.glob("chunk_*.npz"))


def ends(group, seconds=10):
    """Whether no process of a group is left after some time."""
    for _ in range(100 * seconds):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path):
    """Killed without warning after its first chunk: its processes end, and what was finished is not trained again."""
    store = tmp_path / "store"
    command = (
        "from influence_lab.models.retraining import retrain\n"
        "from tests.models.test_retraining_store import LONG, small_work\n"
        f"retrain(small_work(40), LONG, threads=2, folder={str(store)!r}, chunk=1)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.Popen([sys.executable, "-c", command], env=environment, start_new_session=True)
    while not chunks(store) and run.poll() is None:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert ends(run.pid)
    finished = chunks(store)
    assert 0 < len(finished) < 40
    written = {name: (store / name).stat().st_mtime_ns for name in finished}
    resumed = retrain(small_work(40), LONG, folder=store, chunk=1)
    assert {name: (store / name).stat().st_mtime_ns for name in finished} == written
    assert bytes_of(resumed, tmp_path) == bytes_of(retrain(small_work(40), LONG, chunk=1), tmp_path)


def test_processes_give_the_same_bytes_as_one(tmp_path):
    one, two = (retrain(small_work(6), TRAINING, threads=threads, chunk=2) for threads in (1, 2))
    assert bytes_of(one, tmp_path) == bytes_of(two, tmp_path)


def test_a_half_written_chunk_is_trained_again(tmp_path):
    whole = retrain(small_work(), TRAINING, folder=tmp_path, chunk=1)
    half = tmp_path / chunks(tmp_path)[1]
    half.write_bytes(half.read_bytes()[:-50])
    again = retrain(small_work(), TRAINING, folder=tmp_path, chunk=1)
    assert_array_equal(again.parameters, whole.parameters)
    assert (tmp_path / f"{half.name}.damaged").exists()


def test_a_damaged_record_is_written_again(tmp_path):
    whole = retrain(small_work(), TRAINING, folder=tmp_path)
    (tmp_path / "work.json").write_text('{"epo')
    assert_array_equal(retrain(small_work(), TRAINING, folder=tmp_path).parameters, whole.parameters)


@pytest.mark.parametrize(
    ("work", "training", "chunk", "different"),
    [
        (small_work(), replace(TRAINING, epochs=7, decay=0.1), 32, "other decay, epochs;"),
        (small_work(), replace(TRAINING, l1=0.1, dropout=0.2), 32, "other dropout, l1;"),
        (small_work(4), TRAINING, 32, "other seeds, weights;"),
        (replace(small_work(), y=1 - small_work().y), TRAINING, 32, "other points;"),
        (small_work(), TRAINING, 8, "other chunk;"),
    ],
    ids=["training", "penalties", "models", "points", "chunk"],
)
def test_chunks_of_other_work_are_refused_with_one_line(tmp_path, work, training, chunk, different):
    retrain(small_work(), TRAINING, folder=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(OtherWorkError, match=f"{different} remove it to start anew: rm -r ") as caught:
        retrain(work, training, folder=tmp_path, chunk=chunk)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_foreign_chunk_beside_the_right_record_is_refused(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    retrain(small_work(), TRAINING, folder=ours)
    retrain(small_work(), replace(TRAINING, epochs=2), folder=theirs)
    (theirs / "chunk_00000.npz").replace(ours / "chunk_00000.npz")
    with pytest.raises(OtherWorkError, match=r"chunk_00000\.npz of other work"):
        retrain(small_work(), TRAINING, folder=ours)


def test_a_batch_run_prints_nothing(tmp_path, capfd):
    retrain(small_work(), TRAINING, folder=tmp_path)
    assert capfd.readouterr() == ("", "")


def test_gradient_norms_are_stored_too(tmp_path):
    first, second = (retrain(small_work(), TRAINING, folder=tmp_path) for _ in range(2))
    assert np.array_equal(first.gradient_norms, second.gradient_norms)
