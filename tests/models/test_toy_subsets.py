import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.data.toy import toy_data
from influence_lab.models.retraining_work import Training
from influence_lab.models.toy import toy_network
from influence_lab.models.toy_subsets import held_out_retrainings, subset_retrainings

TRAINING = Training(hidden=(4, 3), epochs=3, batch_size=8)


@pytest.fixture(scope="module")
def data():
    return toy_data(0, [10, 10], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 20, 0.5, 0.05, 12)


def test_margins_are_those_of_the_kept_networks(data):
    """The engine trains in single precision, whose rounding is 1e-7 of values of order one."""
    found = subset_retrainings(data, TRAINING, 0.5, 6, kept=2)
    assert (found["masks"].sum(axis=1) == 20).all()
    assert found["theta"].shape[0] == 2
    network = toy_network(data, TRAINING, found["theta"][1])
    assert_allclose(found["test_margins"][1], network.margins(data["X_test"], data["y_test"]), atol=1e-5)


@pytest.mark.parametrize(("alpha", "batches"), [(0.25, 2), (0.5, 3), (0.9, 5)])
def test_steps_are_epochs_times_batches_of_the_subset(data, alpha, batches):
    """10, 20 and 36 points in batches of 8, the last one smaller."""
    assert subset_retrainings(data, TRAINING, alpha, 2)["steps"] == TRAINING.epochs * batches


def test_held_out_trainings_of_a_subset_differ_and_subsets_are_new(data):
    fit, held = subset_retrainings(data, TRAINING, 0.5, 8), held_out_retrainings(data, TRAINING, 0.5, 4, 2)
    assert held["test_margins"].shape == (4, 2, 12)
    assert held["train_margins"].shape == (4, 2, 40)
    assert not np.allclose(held["test_margins"][:, 0], held["test_margins"][:, 1])
    assert not (held["masks"][:, None] == fit["masks"]).all(axis=2).any()


def test_the_first_subsets_do_not_depend_on_their_number(data):
    few, many = (subset_retrainings(data, TRAINING, 0.25, count) for count in (3, 5))
    assert_allclose(many["masks"][:3], few["masks"])
    assert_allclose(many["test_margins"][:3], few["test_margins"], atol=1e-5)
