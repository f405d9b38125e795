import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.datamodels import (
    bernoulli_masks,
    influence_weights,
    lasso_datamodels,
    least_squares_datamodels,
)
from influence_lab.models.retraining_weights import random_subsets

N = 30
WEIGHTS = np.random.default_rng(0).normal(size=(4, N))


def test_least_squares_on_bernoulli_masks_gives_the_influence_matrix():
    """n + 1 masks determine n weights and an intercept; 1e-10 leaves room for a condition number of 1e4."""
    masks = bernoulli_masks(N, 0.5, 2 * N, seed=1)
    fitted = least_squares_datamodels(masks, 3.0 + masks @ WEIGHTS.T)
    assert_allclose(fitted.weights, WEIGHTS, atol=1e-10)
    assert_allclose(fitted.intercepts, 3.0, atol=1e-10)


def test_fewer_masks_than_points_are_a_sketch():
    masks = bernoulli_masks(N, 0.5, N // 2, seed=1)
    fitted = least_squares_datamodels(masks, masks @ WEIGHTS.T)
    assert_allclose(fitted.predict(masks), masks @ WEIGHTS.T, atol=1e-10)
    assert np.linalg.norm(fitted.weights - WEIGHTS) > 0.3 * np.linalg.norm(WEIGHTS)


def test_subsets_of_one_size_give_rows_up_to_a_constant():
    masks = random_subsets(N, 0.5, 4 * N, seed=1)
    fitted = least_squares_datamodels(masks, masks @ WEIGHTS.T)
    assert_allclose(fitted.weights, WEIGHTS - WEIGHTS.mean(axis=1, keepdims=True), atol=1e-10)


def test_lasso_finds_the_few_points_that_matter():
    weights = np.zeros((1, N))
    weights[0, [3, 8]] = 2.0, -1.0
    masks = random_subsets(N, 0.5, 400, seed=2)
    outputs = masks @ weights.T + 0.1 * np.random.default_rng(3).normal(size=(400, 1))
    fitted = lasso_datamodels(masks, outputs)
    assert set(np.argsort(-np.abs(fitted.weights[0]))[:2]) == {3, 8}
    # noise of a weight: 0.1 · 2 / √400 = 0.01; LASSO shrinks by a few times that
    assert_allclose(fitted.weights[0, [3, 8]], [2.0, -1.0], atol=0.1)
    assert_allclose(fitted.predict(masks).mean(), outputs.mean(), atol=1e-10)


def test_lasso_shrinks_what_is_fitted_to_pure_noise():
    """Over 40 targets, since the penalty of one is chosen on 60 subsets and can be small by luck."""
    masks = random_subsets(N, 0.5, 300, seed=2)
    noise = np.random.default_rng(4).normal(size=(300, 40))
    fitted = lasso_datamodels(masks, noise)
    assert np.linalg.norm(fitted.weights) < 0.5 * np.linalg.norm(least_squares_datamodels(masks, noise).weights)


def test_lasso_without_any_variation_has_no_weights():
    masks = random_subsets(N, 0.5, 20, seed=2)
    fitted = lasso_datamodels(masks, np.ones((20, 2)))
    assert_allclose(fitted.weights, 0)
    assert_allclose(fitted.intercepts, 1)


def test_influence_weights_are_influence_over_n():
    assert_allclose(influence_weights(np.full((2, 4), 8.0)), 2.0)


def test_too_few_subsets_are_refused():
    with pytest.raises(ValueError, match="5 or more subsets"):
        lasso_datamodels(np.ones((3, N)), np.ones((3, 1)))
