"""The engine against a plain torch loop, and what its results must not depend on."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.evaluations.retraining_torch import retrain_one_by_one
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_order import epoch_masks
from influence_lab.models.retraining_weights import leave_one_out, leave_out, random_subsets
from influence_lab.models.retraining_work import Training, make_work
from tests.models.retraining_cases import SIZE, SMOOTH, TRAINING, proximal_work, small_work

EXACT = 1e-8  # parameters of order 1 after at most 3,000 steps in float64; rounding alone gives about 1e-13


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus"])
@pytest.mark.parametrize("optimiser", ["adam", "momentum", "sgd"])
@pytest.mark.parametrize("batch_size", [8, 0])
@pytest.mark.parametrize("absent", ["dropped", "masked"])
def test_parameters_are_those_of_a_plain_torch_loop(activation, optimiser, batch_size, absent):
    training = replace(
        TRAINING, activation=activation, optimiser=optimiser, batch_size=batch_size, absent=absent, decay=0.01
    )
    work = small_work()
    assert_allclose(retrain(work, training).parameters[:, 0], retrain_one_by_one(work, training), atol=EXACT, rtol=0)


PENALISED = [{"l1": 0.01}, {"dropout": 0.3}, {"l1": 0.02, "dropout": 0.2, "decay": 0.01}]


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus"])
@pytest.mark.parametrize("batch_size", [8, 0])
@pytest.mark.parametrize("changes", PENALISED, ids=["l1", "dropout", "all"])
def test_penalties_and_dropout_are_those_of_a_plain_torch_loop(changes, activation, batch_size):
    training = replace(TRAINING, activation=activation, batch_size=batch_size, **changes)
    work = small_work()
    assert_allclose(retrain(work, training).parameters[:, 0], retrain_one_by_one(work, training), atol=EXACT, rtol=0)


@pytest.mark.parametrize("chunk", [1, 2])
def test_dropout_does_not_depend_on_the_chunks(chunk):
    work, training = small_work(5), replace(TRAINING, dropout=0.5)
    assert_allclose(retrain(work, training, chunk=chunk).parameters, retrain(work, training).parameters, atol=1e-12)


def test_two_models_of_one_seed_drop_the_same_units_of_the_points_that_they_share():
    """With full batches, leaving a point out is training without it: its own masks are all that goes."""
    training = replace(TRAINING, batch_size=0, dropout=0.5, optimiser="sgd")
    work = small_work(2)
    weights = np.ones((2, 21))
    weights[1, 20] = 0
    work = replace(work, weights=weights, start_seeds=np.zeros(2, int), order_seeds=np.zeros(2, int))
    masked = replace(training, absent="masked", epochs=1)
    whole, without = retrain(work, masked).parameters[:, 0]
    alone = replace(work, weights=np.tile(np.eye(21)[20], (2, 1)))
    start = retrain(work, replace(training, epochs=1, checkpoints=(0,))).parameters[0, 0]
    only = retrain(alone, masked).parameters[0, 0]
    assert_allclose(whole - start, (without - start) + (only - start), atol=1e-14)  # one step of a sum of 21 terms


def test_a_strong_l1_penalty_silences_the_parameters():
    """Where γ exceeds every gradient of the mean loss, θ = 0 is the minimum; descent stays within its last step."""
    training = replace(TRAINING, l1=5.0, optimiser="sgd", learning_rate=0.001, epochs=300, batch_size=0)
    assert np.abs(retrain(small_work(), training).parameters).max() < 2 * 0.001 * (5 + 1)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_dropout_silences_its_share_of_the_units_and_no_two_seeds_alike(rate):
    training = replace(TRAINING, hidden=(40, 20), dropout=rate, epochs=5)
    masks = np.array([list(epoch_masks(50, seed, training)) for seed in (0, 1)])  # (seeds, epochs, points, units)
    assert masks.shape == (2, 5, 50, 60)
    share = np.sqrt(rate * (1 - rate) / masks.size)
    assert abs((~masks).mean() - rate) < 4 * share
    agreement = (masks[0] == masks[1]).mean()
    assert abs(agreement - (rate**2 + (1 - rate) ** 2)) < 0.02  # 15,000 independent pairs: 4 standard errors


def test_the_report_s_network_agrees_with_the_loop_after_3000_steps():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 2))
    work = make_work(X, (np.linalg.norm(X, axis=1) > 1).astype(float), leave_one_out(300)[:2], np.arange(2))
    training = Training(epochs=300, precision="float64", learning_rate=0.002)
    assert_allclose(retrain(work, training).parameters[:, 0], retrain_one_by_one(work, training), atol=EXACT, rtol=0)


@pytest.mark.parametrize("batch_size", [8, 0])
@pytest.mark.parametrize("absent", ["dropped", "masked"])
def test_a_point_of_weight_zero_has_no_influence_at_all(batch_size, absent):
    """Its place can hold anything; every bit of the result stays."""
    work, training = small_work(), replace(TRAINING, batch_size=batch_size, absent=absent)
    hidden = np.flatnonzero(work.weights[2] == 0)
    X, y = work.X.copy(), work.y.copy()
    X[hidden], y[hidden] = 100.0, 1 - y[hidden]
    assert_array_equal(retrain(replace(work, X=X, y=y), training).parameters[2], retrain(work, training).parameters[2])


def test_with_full_batches_weight_zero_is_training_on_the_other_points():
    work, training = small_work(), replace(TRAINING, batch_size=0, decay=0.1)
    kept = work.weights[2] != 0
    alone = make_work(work.X[kept], work.y[kept], np.ones((1, kept.sum())), work.start_seeds[2:])
    assert_allclose(
        retrain(work, training).parameters[2], retrain(alone, training).parameters[0], atol=1e-12
    )  # the same sums in another order, 6 steps


def test_weights_scale_the_loss_of_their_points():
    """Weight 2 for a point is that point twice; the means over 22 and 21 points differ by that factor."""
    work = small_work(1)
    training = replace(TRAINING, batch_size=0, absent="masked", optimiser="sgd")
    doubled = replace(work, weights=work.weights + np.eye(21)[:1])
    twice = make_work(np.vstack([work.X, work.X[:1]]), np.append(work.y, work.y[0]), np.full((1, 22), 22 / 21))
    assert_allclose(retrain(doubled, training).parameters, retrain(twice, training).parameters, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 2, 16])
def test_models_do_not_see_each_other(chunk):
    """Any order of the models and any chunks give each model the same parameters, to rounding (6 epochs, float64)."""
    work, order = small_work(7), np.random.default_rng(0).permutation(7)
    whole, shuffled = (retrain(each, TRAINING, chunk=chunk) for each in (work, work.models(order)))
    assert_allclose(shuffled.parameters, whole.parameters[order], atol=1e-12)
    assert_allclose(retrain(work, TRAINING).parameters, whole.parameters, atol=1e-12)


def test_start_and_order_follow_their_own_seeds():
    work = small_work(4)
    work = replace(
        work, weights=np.ones((4, 21)), start_seeds=np.array([0, 0, 1, 0]), order_seeds=np.array([0, 1, 0, 0])
    )
    base, other_order, other_start, again = retrain(work, replace(TRAINING, checkpoints=(0, 6))).parameters
    assert_allclose(base, again, atol=1e-12)  # vector instructions round by place in the chunk
    assert_array_equal(base[0], other_order[0])
    assert not np.allclose(base[1], other_order[1])
    assert not np.allclose(base[0], other_start[0])


def test_checkpoints_are_the_ends_of_shorter_trainings():
    work = small_work()
    kept = retrain(work, replace(TRAINING, checkpoints=(0, 2, 6))).parameters
    assert kept.shape == (3, 3, SIZE)
    for place, epochs in ((1, 2), (2, 6)):
        assert_array_equal(kept[:, place], retrain(work, replace(TRAINING, epochs=epochs)).parameters[:, 0])


def test_a_warm_start_goes_on_from_its_parameters():
    """Six epochs of gradient descent on full batches are two and then four."""
    training = replace(TRAINING, optimiser="sgd", batch_size=0)
    work = small_work()
    first = retrain(work, replace(training, epochs=2)).parameters[:, 0]
    rest = retrain(replace(work, starts=first), replace(training, epochs=4)).parameters
    assert_allclose(rest, retrain(work, training).parameters, atol=1e-12)


def test_a_strong_proximal_term_holds_the_parameters_at_the_anchor():
    """At a stationary point ρ(θ − θ^s) = −∇R, so the distance is below the largest gradient over ρ."""
    work = proximal_work()
    training = replace(SMOOTH, optimiser="sgd", batch_size=0, epochs=400, learning_rate=0.009, proximity=100.0)
    retrained = retrain(work, training)
    assert (retrained.gradient_norms < 1e-10).all()
    assert np.abs(retrained.parameters[:, 0] - work.anchors).max() < 0.1


def test_gradient_norms_fall_to_zero_at_a_minimum():
    training = replace(SMOOTH, optimiser="momentum", batch_size=0, epochs=3000, learning_rate=0.3, decay=0.05)
    assert (retrain(small_work(), training).gradient_norms < 1e-8).all()


def test_precision_is_that_of_the_training():
    work = small_work()
    single, double = (retrain(work, replace(TRAINING, precision=name)) for name in ("float32", "float64"))
    assert (single.parameters.dtype, double.parameters.dtype) == (np.float32, np.float64)
    assert_allclose(single.parameters, double.parameters, atol=1e-3)  # 18 steps of Adam, whose size is 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimiser": "adagrad"}, "optimiser is 'adagrad'; allowed: adam, momentum, sgd"),
        ({"objective": "bregman"}, "needs absent='masked' and decay=0"),
        ({"objective": "bregman", "absent": "masked", "l1": 0.1}, "needs l1=0 and dropout=0"),
        ({"dropout": 1.0}, "dropout is 1.0; allowed: 0 or more, less than 1"),
        ({"checkpoints": (3, 99)}, "must increase, between 0 and epochs = 6"),
    ],
)
def test_training_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(TRAINING, **change)


@pytest.mark.parametrize(
    ("arrays", "training", "message"),
    [
        ({"weights": np.ones((3, 20))}, TRAINING, r"weights has shape \(3, 20\), wanted \(3, 21\)"),
        ({"starts": np.ones((3, 7))}, TRAINING, rf"starts has shape \(3, 7\), wanted \(3, {SIZE}\)"),
        ({"weights": np.zeros((3, 21))}, TRAINING, "model 0 has no point"),
        ({"weights": np.ones((0, 21))}, TRAINING, "no model to train"),
        ({}, replace(TRAINING, proximity=1.0), "needs starts or anchors"),
    ],
)
def test_work_that_does_not_fit_is_refused(arrays, training, message):
    with pytest.raises(ValueError, match=message):
        retrain(replace(small_work(), **arrays), training)


def test_weights_say_which_points_are_seen():
    assert_array_equal(leave_one_out(3), leave_out(3, [[0], [1], [2]]))
    subsets = random_subsets(20, 0.25, models=500, seed=1)
    assert_array_equal(subsets.sum(axis=1), np.full(500, 5))
    assert np.abs(subsets.mean(axis=0) - 0.25).max() < 0.08  # 4 standard errors of 500 draws
