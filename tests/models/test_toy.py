import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.data.toy import toy_data
from influence_lab.models.retraining import logits, retrain
from influence_lab.models.retraining_work import make_work
from influence_lab.models.toy import (
    leave_one_out_retrainings,
    regularised_networks,
    regularised_trainings,
    toy_network,
    toy_training,
)

TOY = {"hidden": [4, 3], "epochs": 3, "batch_size": 8, "learning_rate": 0.01}


def small_data():
    return toy_data(0, [6, 6], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 12, 0.5, 0.05, 8)


def test_leaving_a_point_out_is_training_on_the_others():
    data, training = small_data(), toy_training(TOY, precision="float64")
    found = leave_one_out_retrainings(data, training, seeds=2)
    assert found["theta_without"].shape == (2, 24, training.network(2).size)
    for left_out in (0, 13):
        kept = np.delete(np.arange(24), left_out)
        weights = np.zeros((1, 24))
        weights[0, kept] = 1
        alone = retrain(make_work(data["X_train"], data["y_train"], weights, seeds=1), training)
        assert_array_equal(found["theta_without"][1, left_out], alone.parameters[0, -1])


def test_the_network_gives_the_engine_s_logits():
    data, training = small_data(), toy_training(TOY, precision="float64")
    theta = leave_one_out_retrainings(data, training, seeds=1)["theta"]
    engine = logits(theta, training, data["X_test"])[0]
    assert_allclose(toy_network(data, training, theta[0]).logits(data["X_test"]), engine, rtol=1e-12)


def test_each_regularisation_changes_what_it_is_named_for():
    """From one start: L1 lowers the L1 norm, L2 the L2 norm, and dropout changes the network; seed by seed."""
    data = small_data()
    trainings = regularised_trainings(TOY | {"epochs": 60}, {"l1": 0.05, "l2": 0.1, "dropout": 0.3})
    theta = regularised_networks(data, trainings, seeds=3)
    assert list(theta) == ["none", "l1", "l2", "dropout"]
    assert theta["none"].shape == (3, trainings["none"].network(2).size)
    assert (np.abs(theta["l1"]).sum(1) < 0.8 * np.abs(theta["none"]).sum(1)).all()
    assert ((theta["l2"] ** 2).sum(1) < 0.8 * (theta["none"] ** 2).sum(1)).all()
    assert not np.allclose(theta["dropout"], theta["none"])
