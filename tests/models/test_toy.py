import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.data.toy import toy_data
from influence_lab.models.retraining import logits, retrain
from influence_lab.models.retraining_work import make_work
from influence_lab.models.toy import leave_one_out_retrainings, toy_network, toy_training

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
