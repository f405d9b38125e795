import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.weights_boundary import TIE, closed_form, deepfool
from tests.attributions.boundary_cases import head_case

HEAD, WEIGHTS = head_case()


def test_deepfool_reaches_the_closed_form_in_one_step():
    """A linear model is its own linearisation; float64 rounding is 1e-16 times logits over gaps, below 1e-10 here."""
    descent, boundary = deepfool(WEIGHTS, HEAD.features), closed_form(HEAD.features, HEAD.logits)
    assert_allclose(descent.norm, boundary.norm, rtol=1e-10)
    assert (descent.steps == 1).all()
    assert (np.abs(descent.gap) <= TIE).all()


def test_influenciaes_own_example_is_twice_the_root_of_two():
    assert_allclose(closed_form(np.array([[0.0, 0.0, 0.0, 1.0]]), np.array([[4.0, 0.0]])).norm, 2 * np.sqrt(2))


def test_no_shorter_change_flips_and_a_hair_longer_one_does():
    boundary, rng = closed_form(HEAD.features, HEAD.logits), np.random.default_rng(2)
    for image in range(10):
        h, c, k = HEAD.features[image], HEAD.predictions[image], boundary.target[image]
        direction = np.zeros_like(WEIGHTS)
        direction[k], direction[c] = h, -h
        direction *= boundary.norm[image] / np.linalg.norm(direction)
        assert np.argmax((WEIGHTS + 1.000001 * direction) @ h) == k
        for _ in range(50):
            other = rng.standard_normal(WEIGHTS.shape)
            other *= 0.999 * boundary.norm[image] / np.linalg.norm(other)
            assert np.argmax((WEIGHTS + other) @ h) == c


def test_doubling_the_logits_doubles_the_distance():
    doubled = closed_form(HEAD.features, 2 * HEAD.logits)
    assert_allclose(doubled.norm, 2 * closed_form(HEAD.features, HEAD.logits).norm, rtol=1e-13)


def test_the_order_of_the_classes_does_not_matter():
    order = np.random.default_rng(3).permutation(HEAD.classes)
    assert_allclose(deepfool(WEIGHTS[order], HEAD.features).norm, deepfool(WEIGHTS, HEAD.features).norm, rtol=1e-10)
