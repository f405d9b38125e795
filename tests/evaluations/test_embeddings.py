import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.embeddings import (
    balanced_accuracy,
    between_share,
    principal_angles,
    principal_components,
    random_angles,
    right_guesses,
)

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], 20)


def test_components_are_orthonormal_and_ordered():
    parts = principal_components(RNG.normal(size=(40, 12)))
    assert_allclose(parts.directions @ parts.directions.T, np.eye(4), atol=1e-12)
    assert (np.diff(parts.shares) <= 0).all()
    assert_allclose(parts.scores.mean(axis=0), 0, atol=1e-12)


def test_separated_clusters_are_told_apart_and_noise_is_not():
    noise = RNG.normal(size=(40, 4))
    apart = noise + 8 * np.eye(4)[2] * LABELS[:, None]
    assert right_guesses(apart, LABELS).mean() == 1
    assert right_guesses(noise, LABELS).mean() < 0.8
    assert between_share(apart, LABELS).argmax() == 2


def test_embeddings_of_zeros_are_guessed_at_chance():
    value, half = balanced_accuracy(right_guesses(np.zeros((40, 4)), LABELS), LABELS)
    assert abs(value - 0.5) <= half + 0.1
    assert_allclose(principal_components(np.zeros((40, 6))).shares, 0)


def test_balanced_accuracy_weighs_clusters_equally_and_is_never_certain():
    labels = np.array([0] * 30 + [1] * 10)
    assert balanced_accuracy((labels == 0).astype(float), labels)[0] == 0.5
    assert balanced_accuracy(np.ones(40), labels)[0] == 1
    assert balanced_accuracy(np.ones(40), labels)[1] > 0.03


def test_angles_of_known_planes():
    first, second = np.eye(4)[:2], np.array([[1.0, 0, 0, 0], [0, 1.0, 1.0, 0]])
    assert_allclose(principal_angles(first, second), [0, 45], atol=1e-6)
    assert random_angles(300, draws=5).mean() == pytest.approx(84, abs=4)  # nearly orthogonal in high dimension
