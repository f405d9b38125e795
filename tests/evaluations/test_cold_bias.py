import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.data.toy import toy_data
from influence_lab.evaluations.cold_bias import cold_bias
from influence_lab.models.toy import leave_one_out_retrainings, toy_training

TOY = {"hidden": [4, 3], "epochs": 10, "batch_size": 8, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def world():
    data = toy_data(0, [6, 6], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 12, 0.5, 0.05, 8)
    return data, leave_one_out_retrainings(data, toy_training(TOY), seeds=3)


def test_effects_of_one_seed_given_thrice_agree_perfectly_and_give_the_same_bias(world):
    data, retrained = world
    thrice = {name: np.repeat(array[:1], 3, axis=0) for name, array in retrained.items()}
    table = cold_bias(data, thrice, TOY, 0.01)
    assert_allclose(table.query("score == 'removal'")["other_seeds"], 1.0)
    assert (table.groupby("score")["bias"].nunique() == 1).all()
    assert cold_bias(data, retrained, TOY, 0.01).query("score == 'removal'")["other_seeds"].max() < 1


def test_one_point_with_an_effect_is_the_same_point_in_every_seed(world):
    """With θ̂ in place of every retraining but one, only that point has an effect: all rankings are alike."""
    data, retrained = world
    none = {"theta": retrained["theta"], "theta_without": np.repeat(retrained["theta"][:, None], 24, axis=1)}
    moved = none["theta_without"].copy()
    moved[:, 5] += 0.1
    one = cold_bias(data, none | {"theta_without": moved}, TOY, 0.01)
    assert_allclose(one.query("score == 'removal'")["other_seeds"], 1.0)  # the same single point in every seed
