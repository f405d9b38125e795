import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.data.toy import toy_data
from influence_lab.evaluations.architecture_sweeps import architecture_sweeps, variants
from influence_lab.evaluations.convex_removals import convex_problems, convex_removals
from influence_lab.evaluations.noise import (
    leave_one_out_effects,
    median_noise,
    noise_to_effect,
    random_signs,
    same_sign,
)
from influence_lab.evaluations.repeated_leave_one_out import repeated_leave_one_out
from influence_lab.evaluations.sweep_tables import permuted_spreads, spread, sweep_table
from influence_lab.models.toy import leave_one_out_retrainings, toy_training

TOY = {"hidden": [4, 3], "epochs": 3, "batch_size": 8, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def data():
    return toy_data(0, [8, 8], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 16, 0.5, 0.05, 8)


def test_removal_is_upweighting_but_for_a_regulariser_that_must_be_rescaled(data):
    """Identical minimisers up to rounding; with λ fixed they differ by a share of the movement."""
    found = convex_removals(data, 0.05)
    for name in ("least_squares", "logistic"):
        assert_allclose(found[f"{name}_upweighted"], found[f"{name}_removed"], rtol=1e-6, atol=1e-12)
    assert_allclose(found["regularised_upweighted"], found["regularised_rescaled"], rtol=1e-6, atol=1e-12)
    gap = np.linalg.norm(found["regularised_upweighted"] - found["regularised_removed"], axis=1)
    assert (gap > 1e-5).all()


def test_no_conic_separates_the_classes_so_that_logistic_regression_has_a_minimum(data):
    problem = convex_problems(data, 0.05)["logistic"]
    theta = convex_removals(data, 0.05)["logistic_theta"]
    assert np.linalg.norm(problem.gradient(theta, problem.weights())) < 1e-12


def test_random_signs_leave_the_ratio_of_pure_noise_as_it_is():
    """For S = 5 normal draws it is √5 over the median |t| of 4 degrees of freedom, 0.741, whatever the signs."""
    effects = np.random.default_rng(0).standard_normal((5, 200, 100))
    flipped = random_signs(effects)
    assert flipped.shape == (15,)
    assert_allclose([median_noise(effects), *flipped], np.sqrt(5) / 0.741, rtol=0.03)
    assert abs(same_sign(effects) - 1 / 16) < 0.01


def test_random_signs_hide_an_effect_that_the_starts_share():
    effects = 3.0 + 0.1 * np.random.default_rng(0).standard_normal((5, 50))
    assert random_signs(effects).min() > 10 * median_noise(effects)
    assert same_sign(effects) == 1
    assert len(random_signs(np.ones((9, 4)) + effects[:1, :4], most=7)) == 7


def test_an_effect_far_above_the_noise_has_a_small_ratio():
    effects = 3.0 + 0.01 * np.random.default_rng(0).standard_normal((5, 20))
    assert noise_to_effect(effects).max() < 0.02


def test_effects_are_differences_from_the_run_with_all_points(data):
    training = toy_training(TOY)
    retrained = leave_one_out_retrainings(data, training, seeds=2)
    retrained["theta_without"][:, 3] = retrained["theta"]  # as if point 3 changed nothing
    whole, effects = leave_one_out_effects(retrained, training, data["X_test"], data["y_test"])
    assert whole.shape == (2, 8)
    assert effects.shape == (2, 32, 8)
    assert (effects[:, 3] == 0).all()
    assert np.abs(effects[:, 4]).max() > 0


def test_a_repeated_matrix_is_the_same_whatever_the_order_of_the_models(data):
    found = repeated_leave_one_out(data, TOY, threads=1)
    assert found["trainings"].tolist() == [33, 33]
    assert found["matrix"].shape == (32, 40)
    assert np.abs(found["matrix"]).max() > 1e-4
    assert_allclose(found["repeated"], found["matrix"], atol=1e-8)


def test_every_sweep_goes_through_the_toy_network():
    chosen = variants([32, 16], [1, 2, 4], [8, 32], [0.0, 0.1])
    assert [one.hidden for one in chosen if one.sweep == "depth"] == [(32,), (32, 16), (32, 16, 16, 16)]
    assert sum(one.hidden == (32, 16) and one.decay == 0 for one in chosen) == 3


def test_the_toy_network_counts_once(data):
    found = architecture_sweeps(data, TOY, 2, 0.1, 4, 8, [1, 2], [4], [0.0])
    assert found["first"].tolist() == [True, True, False, False]
    assert_allclose(found["correlation"][1], found["correlation"][2])
    assert np.abs(found["ceiling"]).max() <= 1 + 1e-12
    assert sweep_table(found)["label"].tolist() == ["depth 1", "depth 2", "width 4", "weight decay 0"]


def test_a_spread_that_does_not_depend_on_the_network_is_what_permutations_give():
    """Exchangeable networks: the observed spread is one more permutation, so its rank is uniform."""
    below = [
        np.mean(permuted_spreads(each, draws=200) < spread(each))
        for each in np.random.default_rng(0).standard_normal((100, 5, 6))
    ]
    assert abs(np.mean(below) - 0.5) < 0.1  # three standard errors of 100 uniform numbers
    shifted = np.random.default_rng(1).standard_normal((5, 6)) + 10 * np.arange(6)
    assert spread(shifted) > permuted_spreads(shifted, draws=200).max()


def test_strong_weight_decay_makes_influence_agree_with_retraining(data):
    """Trained long with decay 0.5 the network is at its only minimum, θ near 0: damping apart, influence is right."""
    long = TOY | {"epochs": 300, "batch_size": 0, "learning_rate": 0.05}
    found = architecture_sweeps(data, long, 2, 1e-6, 6, 8, [], [], [0.5])
    assert found["correlation"].shape == found["ceiling"].shape == (1, 2, 8)
    assert found["correlation"].min() > 0.9
