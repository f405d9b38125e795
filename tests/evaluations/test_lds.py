import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from influence_lab.evaluations.lds import (
    linear_datamodeling_score,
    noise_ceiling,
    rank_correlation,
    subset_target_interval,
)

RNG = np.random.default_rng(0)


def test_rank_correlation_is_scipys_with_ties():
    first, second = RNG.integers(5, size=(30, 4)).astype(float), RNG.normal(size=(30, 4))
    expected = [spearmanr(a, b)[0] for a, b in zip(first.T, second.T, strict=True)]
    assert_allclose(rank_correlation(first, second), expected)


def test_a_constant_prediction_scores_zero():
    assert rank_correlation(np.ones((5, 1)), RNG.normal(size=(5, 1))) == 0


def test_lds_ignores_positive_factors_and_constants():
    masks, weights = (RNG.random((40, 10)) < 0.5).astype(float), RNG.normal(size=(3, 10))
    outputs = masks @ weights.T
    assert_allclose(linear_datamodeling_score(5 * outputs - 2, masks, 0.1 * weights), 1.0)
    assert_allclose(linear_datamodeling_score(outputs, masks, -weights), -1.0)


@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_ceiling_is_what_the_truth_scores(noise):
    """2000 subsets: the standard error of a correlation is 0.02, and Spearman is not Pearson: 0.05."""
    truth = RNG.normal(size=(2000, 1))
    outputs = truth[:, None] + noise * RNG.normal(size=(2000, 6, 1))
    reached = rank_correlation(outputs.mean(axis=1), truth)
    assert_allclose(noise_ceiling(outputs), reached, atol=0.05)
    assert_allclose(reached, 1 / np.sqrt(1 + noise**2 / 6), atol=0.05)


def test_ceiling_without_noise_is_one():
    assert_allclose(noise_ceiling(np.repeat(RNG.normal(size=(20, 1, 2)), 4, axis=1)), 1.0)


def test_odd_repeats_are_refused():
    with pytest.raises(ValueError, match="halve 3"):
        noise_ceiling(np.zeros((5, 3, 1)))


def test_interval_covers_subsets_and_targets():
    """The mean of a table of row + column effects: its standard error is √(1/50 + 1/50) = 0.2."""
    rows, columns = RNG.normal(size=50), RNG.normal(size=50)
    value, half = subset_target_interval(lambda chosen: rows[chosen].mean() + columns, 50)
    assert value == pytest.approx(rows.mean() + columns.mean())
    assert 0.25 < half < 0.6
