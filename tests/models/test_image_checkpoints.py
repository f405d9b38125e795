"""Checkpoints of an image training: damaged ones are named and passed over, foreign ones refused."""

import numpy as np
import pytest

from influence_lab.models.image_checkpoints import Checkpoints, DamagedCheckpointWarning, OtherTrainingError

TRAINING = {"model": "cnn", "epochs": 2, "learning_rate": 1e-3}


@pytest.fixture
def checkpoints(tmp_path):
    """Written after steps 1, 20 and 300."""
    kept = Checkpoints(tmp_path, TRAINING)
    for step in (1, 20, 300):
        kept.write(step, {"step": np.array(step)})
    return kept


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def names(checkpoints):
    return sorted(path.name for path in checkpoints.folder.iterdir())


def test_the_two_newest_are_kept_and_the_newest_is_read(checkpoints):
    assert names(checkpoints) == ["step_000000020.npz", "step_000000300.npz"]
    assert checkpoints.newest() == {"step": 300}


def test_a_new_folder_has_none(tmp_path):
    assert Checkpoints(tmp_path / "none", TRAINING).newest() is None


def test_a_damaged_one_is_named_and_the_one_before_it_is_taken(checkpoints):
    cut(checkpoints.folder / "step_000000300.npz")
    with pytest.warns(DamagedCheckpointWarning, match=r"step_000000300\.npz is damaged"):
        assert checkpoints.newest() == {"step": 20}
    assert names(checkpoints) == ["step_000000020.npz", "step_000000300.npz.damaged"]


def test_where_all_are_damaged_training_starts_anew(checkpoints):
    for path in list(checkpoints.folder.iterdir()):
        cut(path)
    with pytest.warns(DamagedCheckpointWarning) as caught:
        assert checkpoints.newest() is None
    assert len(caught) == 2


@pytest.mark.parametrize(
    ("training", "different"),
    [
        (TRAINING | {"epochs": 3}, "epochs"),
        (TRAINING | {"model": "resnet", "learning_rate": 2e-3}, "learning_rate, model"),
        ({"model": "cnn", "epochs": 2}, "learning_rate"),
    ],
)
def test_those_of_another_training_are_refused_in_one_line_and_stay(checkpoints, training, different):
    before = {path.name: path.read_bytes() for path in checkpoints.folder.iterdir()}
    with pytest.raises(OtherTrainingError, match=f"training with other {different}; remove it .* rm -r ") as caught:
        Checkpoints(checkpoints.folder, training).newest()
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in checkpoints.folder.iterdir()} == before
