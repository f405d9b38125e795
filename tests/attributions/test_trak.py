import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.toy_trak import own_scores, trak_by_models
from influence_lab.attributions.trak import (
    Features,
    ensemble,
    features,
    kernel,
    newton_scores,
    projection,
    soft_threshold,
)
from influence_lab.attributions.traker import traker_scores
from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 2)), (RNG.random(40) < 0.5).astype(float)
TARGETS, TARGET_LABELS = RNG.normal(size=(5, 2)), np.array([0.0, 1.0, 1.0, 0.0, 1.0])
NETWORK = Network((2, 6, 1), "relu")
MODELS = [LogisticNetwork(NETWORK, NETWORK.initial(seed).numpy(), X, Y) for seed in range(3)]
MATRICES = [projection(NETWORK.size, 6, seed) for seed in range(3)]


def test_newton_scores_are_newtons_step_without_the_point():
    """Sherman-Morrison; float64, so 1e-9 at condition numbers of 1e5."""
    model = features(MODELS[0], TARGETS, TARGET_LABELS, MATRICES[0])
    train, targets, wrong = model
    curvature = (train * (wrong * (1 - wrong))[:, None]).T @ train
    for point in range(len(X)):
        without = curvature - wrong[point] * (1 - wrong[point]) * np.outer(train[point], train[point])
        step = np.linalg.solve(without, train[point] * wrong[point])
        assert_allclose(newton_scores(model)[:, point], targets @ step, rtol=1e-7, atol=1e-9)


def test_features_are_projected_margin_gradients():
    model = features(MODELS[0], TARGETS, TARGET_LABELS, np.eye(NETWORK.size))
    assert_allclose(model.targets, MODELS[0].margin_gradients(TARGETS, TARGET_LABELS))
    assert_allclose(model.train, -MODELS[0].train_gradients / model.wrong[:, None])  # ∇L = −(1 − p) ∇f


def test_kernel_does_not_depend_on_the_basis_of_the_features():
    model = features(MODELS[0], TARGETS, TARGET_LABELS, MATRICES[0])
    turned = RNG.normal(size=(6, 6)) + 3 * np.eye(6)
    other = Features(model.train @ turned, model.targets @ turned, model.wrong)
    assert_allclose(kernel(other), kernel(model), rtol=1e-6, atol=1e-8)


def test_kernel_of_the_training_points_is_a_projection():
    model = features(MODELS[0], X, Y, MATRICES[0])
    assert_allclose(kernel(model) @ kernel(model), kernel(model), atol=1e-9)
    assert np.trace(kernel(model)) == pytest.approx(6)


def test_ensemble_averages_kernels_and_errors_apart():
    kernels, wrong = RNG.normal(size=(3, 5, 4)), RNG.random((3, 4))
    assert_allclose(ensemble(kernels, wrong), kernels.mean(0) * wrong.mean(0))


def test_running_sums_give_the_ensemble():
    found = trak_by_models(MODELS, TARGETS, TARGET_LABELS, [4, 6])
    parts = [
        features(one, TARGETS, TARGET_LABELS, projection(NETWORK.size, 6, seed)) for seed, one in enumerate(MODELS)
    ]
    expected = ensemble(np.stack([kernel(part) for part in parts]), np.stack([part.wrong for part in parts]))
    assert found["models"].tolist() == [1, 2, 3]
    assert_allclose(found["scores"][1, -1], expected, rtol=1e-8, atol=1e-12)
    assert_allclose(found["newton"][1, 0], newton_scores(parts[0]), rtol=1e-6, atol=1e-9)


def test_soft_threshold_keeps_the_largest_scores_and_their_signs():
    scores = RNG.normal(size=(3, 20))
    kept = soft_threshold(scores, 0.25)
    assert ((kept != 0).sum(axis=1) == 5).all()
    assert (np.sign(kept) * np.sign(scores) >= 0).all()
    assert_allclose(soft_threshold(scores, 1.0), scores)


def test_own_scores_are_one_for_scores_that_predict_the_models():
    masks = (RNG.random((12, 8)) < 0.5).astype(float)
    weights = RNG.normal(size=(2, 8))
    found = own_scores(weights[None, None], np.array([12]), masks, masks @ weights.T)
    assert found[0, 0, 0] == pytest.approx(1.0)
    assert (found <= 1).all()


def test_traker_agrees_model_by_model_and_silently(capfd, tmp_path, monkeypatch):
    """Single precision there: 1e-5 at condition numbers below 1e4. Its rescaling is a factor for each model."""
    monkeypatch.chdir(tmp_path)
    alone, together = traker_scores(MODELS, TARGETS, TARGET_LABELS, MATRICES)
    parts = [features(one, TARGETS, TARGET_LABELS, matrix) for one, matrix in zip(MODELS, MATRICES, strict=True)]
    wrong = np.stack([part.wrong for part in parts])
    kernels = np.stack([kernel(part) for part in parts])
    for theirs, kernel_, wrong_ in zip(alone, kernels, wrong, strict=True):
        ours = ensemble(kernel_[None], wrong_[None])
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 1 - 1e-5
    scales = np.array([np.abs(np.linalg.inv(part.train.T @ part.train)).mean() for part in parts])
    ours = ensemble(kernels / scales[:, None, None], wrong)
    assert np.corrcoef(ours.ravel(), together.ravel())[0, 1] > 1 - 1e-5
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())
    assert logging.getLogger("TRAK").level == logging.ERROR
