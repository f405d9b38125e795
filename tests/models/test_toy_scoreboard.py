import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.data.toy import toy_data
from influence_lab.models.toy import leave_one_out_retrainings, toy_training
from influence_lab.models.toy_scoreboard import checkpoint_epochs, flipped_labels, scoreboard_networks

TOY = {"hidden": [4, 3], "epochs": 4, "batch_size": 8, "learning_rate": 0.01}
DATA = toy_data(0, [6, 6], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 12, 0.5, 0.05, 8)


def test_the_last_checkpoint_is_the_network_that_leave_one_out_starts_from():
    training = toy_training(TOY, precision="float64")
    found = scoreboard_networks(DATA, toy_training(TOY, precision="float64", checkpoints=(2, 4)), 0.25, seeds=2)
    assert found["theta"].shape == (2, 2, training.network(2).size)
    assert_allclose(found["theta"][:, -1], leave_one_out_retrainings(DATA, training, seeds=2)["theta"], rtol=1e-12)
    assert np.abs(found["theta"] - found["flipped_theta"]).max() > 1e-3


def test_the_wanted_share_of_labels_is_flipped_anew_for_each_seed():
    flipped = flipped_labels(DATA["y_train"], 0.25, 3)
    wrong = flipped != DATA["y_train"]
    assert_array_equal(wrong.sum(axis=1), 6)
    assert len(np.unique(wrong, axis=0)) == 3


def test_few_epochs_have_few_checkpoints():
    assert checkpoint_epochs(2, 5) == (1, 2)
