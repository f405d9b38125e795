import numpy as np
from numpy.testing import assert_allclose
from scipy.special import logsumexp

from influence_lab.attributions.simple_boundary import plain_move, simple_boundary
from tests.attributions.boundary_cases import group_case


def _one_step(rate, **options):
    head, weights, groups = group_case(groups=3)
    arguments = head.features[groups], head.logits[groups], head.labels[groups], rate, 1
    return head, weights, groups, simple_boundary(*arguments, **options)


def test_plain_ascent_moves_along_the_gradient_of_the_mean_cross_entropy():
    """Against central differences, whose error is of the order of 1e-5 squared."""
    rate = 1e-3
    head, weights, groups, ascent = _one_step(rate, move=plain_move)

    def loss(flat, group):
        logits = head.features[group] @ flat.reshape(weights.shape).T
        return np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(group)), head.labels[group]])

    for group, change in zip(groups, ascent.change, strict=True):
        steps = 1e-5 * np.eye(weights.size)
        slopes = [(loss(weights.ravel() + e, group) - loss(weights.ravel() - e, group)) / 2e-5 for e in steps]
        assert_allclose(change.ravel() / rate, slopes, atol=1e-8)


def test_adams_first_step_has_the_length_of_the_rate_in_every_weight():
    """m̂/√v̂ is the sign of the gradient, up to ε = 1e-7 over √(1 − β₂) times a gradient of 1e-3 or more."""
    _, _, _, plain = _one_step(1.0, move=plain_move)
    _, _, _, adam = _one_step(1e-3)
    large = np.abs(plain.change) > 1e-3
    assert_allclose(adam.change[large], 1e-3 * np.sign(plain.change[large]), rtol=1e-2)
    assert (np.abs(adam.change) <= 1e-3).all()


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
