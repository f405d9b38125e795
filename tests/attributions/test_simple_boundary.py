import numpy as np
from numpy.testing import assert_allclose
from scipy.special import logsumexp

from influence_lab.attributions.simple_boundary import ascent_gradient, simple_boundary
from tests.attributions.boundary_cases import group_case


def test_the_gradient_is_that_of_the_mean_cross_entropy():
    """Against central differences, whose error is of the order of 1e-5 squared."""
    head, weights, groups = group_case(groups=3)

    def loss(flat, group):
        logits = head.features[group] @ flat.reshape(weights.shape).T
        return np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(group)), head.labels[group]])

    found = ascent_gradient(head.features[groups], head.logits[groups], head.labels[groups])
    steps = 1e-5 * np.eye(weights.size)
    for group, gradient in zip(groups, found, strict=True):
        slopes = [(loss(weights.ravel() + e, group) - loss(weights.ravel() - e, group)) / 2e-5 for e in steps]
        assert_allclose(gradient.ravel(), slopes, atol=1e-8)


def test_adams_first_step_has_the_length_of_the_rate_in_every_weight_and_goes_up():
    """m̂/√v̂ is the sign of the gradient, up to ε = 1e-7 over √(1 − β₂) times a gradient of 1e-3 or more."""
    head, _, groups = group_case(groups=3)
    features, logits, labels = head.features[groups], head.logits[groups], head.labels[groups]
    gradient = ascent_gradient(features, logits, labels)
    change = simple_boundary(features, logits, labels, rate=1e-3, steps=1).change
    large = np.abs(gradient) > 1e-3
    assert_allclose(change[large], 1e-3 * np.sign(gradient[large]), rtol=1e-2)
    assert (np.abs(change) <= 1e-3).all()


def test_success_is_a_change_of_every_prediction_within_both_limits():
    head, weights, groups = group_case(size=2)
    features, logits, labels = head.features[groups], head.logits[groups], head.labels[groups]
    ascent = simple_boundary(features, logits, labels, rate=0.02, steps=60, largest=1.0)
    moved = np.einsum("gkd,gmd->gmk", weights + ascent.change, features).argmax(axis=2)
    assert (ascent.flipped == (moved != head.predictions[groups])).all()
    assert (ascent.succeeded == (ascent.flipped.all(axis=1) & (ascent.norm <= 1.0))).all()
    assert 0 < ascent.succeeded.mean() < 1
    assert (ascent.score[~ascent.succeeded] == 1).all()
    assert (ascent.steps <= 60).all()


def test_groups_do_not_see_each_other():
    head, _, groups = group_case()
    arguments = head.features[groups], head.logits[groups], head.labels[groups]
    together = simple_boundary(*arguments, rate=0.02)
    apart = simple_boundary(*arguments, rate=0.02, chunk=7)
    assert_allclose(together.norm, apart.norm, rtol=1e-12)
    assert (together.steps == apart.steps).all()
