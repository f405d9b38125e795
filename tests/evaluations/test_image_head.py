import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.attributions.head_influence import searchable, whitening
from influence_lab.evaluations.image_head import hessian_error, image_head, outside_range, workable
from influence_lab.models.image_heads import ImageHeads
from influence_lab.models.softmax_head import SoftmaxHead, principal
from tests.models.head_cases import random_head


def heads(**change):
    train, theta = random_head(n=120, **change)
    test, _ = random_head(n=30, seed=1, **change)
    table = theta.reshape(train.classes, -1)
    return ImageHeads(train, test.at(theta), table[:, :-1].T, table[:, -1])


def test_facts_hold_together_and_the_minimum_is_one():
    found = image_head(heads(silent=True), 3, 1e-10, 1e-3, seed=0)
    assert (found["size"], found["width"], found["live"], found["used"]) == (24, 5, 5, 24)
    assert found["rank"] == found["nonzero"] == found["bound"] == 3 * 5
    assert found["rare_units"] == 0
    assert found["hessian_error"] < 1e-8  # central differences at 1e-5 in float64
    assert found["gradient_norm"][1] < 1e-10 < found["gradient_norm"][0]
    assert found["train_loss"][1] < found["train_loss"][0]
    assert_allclose(found["outside"], 0, atol=1e-9)


def test_a_unit_that_one_image_lights_up_makes_eigenvalues_between_rounding_and_cut_off():
    """A unit at 1e-4 in one of 120 images: K − 1 eigenvalues of about 1e-8/120, which a cut-off of 1e-6 drops."""
    whole = heads(silent=True)
    whole.train.features[7, 0] = 1e-4
    found = image_head(whole, 3, 1e-6, 1e-3, seed=0)
    assert found["rare_units"] == 1
    assert found["nonzero"] == found["bound"] == found["rank"] + 3 == 3 * 6
    gained = found["self_influence_whole"] - found["self_influence"]
    assert gained.argmax() == 7  # alone with its unit, it decides what the model makes of it


def test_summed_influence_is_the_newton_step_to_the_minimum():
    """Second order in the distance: near a minimum the two agree in the first digits."""
    whole = heads(scale=0.3)
    minimum = image_head(whole, 3, 1e-10, 1e-6, 0)["theta"]
    theta = minimum + 1e-3 * np.random.default_rng(2).standard_normal(len(minimum))
    moved = whole._replace(train=whole.train.at(theta), test=whole.test.at(theta))
    found = image_head(moved, 3, 1e-10, 1e-6, 0)
    assert_allclose(found["summed_influence"], found["shift"], atol=0.02 * np.abs(found["shift"]).max())


def test_an_image_that_lights_a_silent_unit_is_outside_the_range():
    train, _ = random_head(silent=True)
    image = train.rows([0])
    lit = SoftmaxHead(image.features.copy(), image.logits, image.labels)
    lit.features[0, 0] = 3.0
    white = whitening(train.hessian(), 1e-10)
    length = np.linalg.norm(lit.features[0])
    assert_allclose(outside_range(lit, white), 3.0 / length, rtol=1e-9)
    assert_allclose(outside_range(image, white), 0, atol=1e-9)


@pytest.mark.parametrize(("width", "expected"), [(5, 24), (2000, 4 * 4)])
def test_only_large_heads_are_reduced(width, expected):
    whole = heads(width=width)
    small = workable(whole, 3)
    assert small.train.size == small.test.size == expected
    searched, damping = searchable(whole.train, 3, 0.5)
    assert_array_equal(searched.features, small.train.features)
    assert damping == (0 if searched is whole.train else 0.5)


def test_differences_on_some_directions_are_compared_at_the_same_parameters():
    """There no θ gives the model's logits, so the Hessian with its probabilities belongs to no θ."""
    small = principal(random_head()[0], 2)
    assert hessian_error(small, small.hessian(), 0) < 1e-8
    assert hessian_error(random_head()[0], 1.01 * random_head()[0].hessian(), 0) > 1e-3
