import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.group_boundary import Members, batch_boundary
from influence_lab.attributions.influenciae_boundary import (
    WeightsBoundaryCalculator,
    influenciae_boundary,
    keras_layer,
    tf,
)
from influence_lab.attributions.weights_boundary import closed_form
from tests.attributions.boundary_cases import group_case, head_case


def test_influenciae_gives_minus_the_closed_form_and_not_its_square():
    """Single precision: gaps are right to 1e-6 of the logits, which are below 20, over √2 ‖h‖ ≥ √2."""
    head, weights = head_case(n=8)
    scores = influenciae_boundary(weights[:, :-1].T, weights[:, -1], head.features[:, :-1])
    assert_allclose(-scores, closed_form(head.features, head.logits).norm, atol=2e-5)


def test_influenciaes_own_example():
    score = influenciae_boundary(np.zeros((3, 2)), np.array([4.0, 0.0]), np.zeros((1, 3)))
    assert_allclose(score, [-2 * np.sqrt(2)], rtol=1e-6)


def _library_steps(head, weights, group, steps):
    """Change of the weights, shape (K, D), after steps of the library's own `_step` on a whole group."""
    model = keras_layer(weights[:, :-1].T, weights[:, -1])
    calculator, images = WeightsBoundaryCalculator(model), tf.constant(head.features[group, :-1], tf.float32)
    predicted = model(images)
    for _ in range(steps):
        calculator._step(images, predicted)
    kernel, bias = model.get_weights()
    return np.column_stack([kernel.T, bias]) - weights


def test_influenciaes_stop_takes_one_image_only():
    head, weights, groups = group_case(groups=1)
    with pytest.raises(ValueError, match=r"Can not squeeze dim\[0\], expected a dimension of 1, got 5"):
        _library_steps(head, weights, groups[0], 1)


@pytest.mark.parametrize("steps", [1, 4])
def test_the_batch_step_is_influenciaes_on_a_batch_and_both_stand_still_after_it(steps, monkeypatch):
    """All but the stop is the library's: it would squeeze the batch away and sees no close pair of logits instead.

    Single precision: logits below 20 are right to 2e-6, and a step of 1e-6 logits is one of less than 1e-6 in weights.
    """
    monkeypatch.setattr(tf, "squeeze", lambda logits, axis: tf.constant([1.0, 0.0]))
    head, weights, groups = group_case(groups=6)
    ours = batch_boundary(Members.of(head, groups), steps)
    for group, change in zip(groups, ours.change, strict=True):
        expected = change.T @ head.features[group]
        assert_allclose(_library_steps(head, weights, group, steps), expected, atol=1e-5)
    assert (ours.norm > 1e-2).all()
    assert not ours.flipped.all(axis=1).all()
