import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from influence_lab.attributions.functioning_groups import unit
from influence_lab.attributions.head_influence import grow_groups, whitening
from influence_lab.attributions.image_group_baselines import largest, nearest_of_class, neighbours
from influence_lab.attributions.image_groups import (
    SWEPT,
    draw_seed_images,
    grown,
    influence_space,
    influence_trace,
    model_groups,
)
from influence_lab.models.softmax_head import SoftmaxHead

INVERSE = {"cutoff": 1e-10, "damping": 1e-4, "directions": 5}


@pytest.fixture
def head():
    """Softmax regression on 60 points of three classes, away from its optimum."""
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.normal(size=(60, 4)), np.ones(60)])
    return SoftmaxHead(features, features @ rng.normal(size=(5, 3)), np.arange(60) % 3)


def test_both_rules_grow_one_group_by_cosine_influence(head):
    """2K(x, G) + K(x, x) orders the candidates as K(x, G) does where every K(x, x) is 1."""
    features = unit(influence_space(head, **INVERSE).features)
    seeds = np.array([0, 7, 20])
    some, other = (grow_groups(features, seeds, 10, rule).members for rule in ("algorithm", "definition"))
    assert_array_equal(some, other)


def test_cosine_groups_do_not_hang_on_the_lengths_of_gradients(head):
    features = influence_space(head, **INVERSE).features
    lengths = np.random.default_rng(1).uniform(0.1, 10, size=(60, 1)).astype(features.dtype)
    seeds = np.array([0, 7, 20])
    assert_array_equal(grown(features, seeds, 10, "cosine"), grown(features * lengths, seeds, 10, "cosine"))


def test_the_trace_is_the_sum_of_influence_over_all_pairs(head):
    features = influence_space(head, **INVERSE).features.astype(float)
    members = np.array([[3, 1, 4], [5, 9, 2]])
    K = features @ features.T
    direct = [[K[np.ix_(group[:count], group[:count])].sum() for count in (1, 2, 3)] for group in members]
    assert_allclose(influence_trace(features[members]), direct, rtol=1e-12)


def test_damped_features_are_those_of_the_damped_hessian(head):
    """K with λ from scaled columns is g (H + λI)⁻¹ g on the range of H; float32 features, so 1e-5."""
    space = influence_space(head, **INVERSE)
    damped = space.damped(0.01)
    white = whitening(head.hessian(), INVERSE["cutoff"], 0.01 * space.eigenvalues[0])
    expected = head.gradients() @ white.factor
    assert_allclose(damped @ damped.T, expected @ expected.T, atol=1e-5 * np.abs(expected @ expected.T).max())


def test_large_heads_keep_their_principal_features(head, monkeypatch):
    monkeypatch.setattr("influence_lab.models.softmax_head.LARGEST", head.size - 1)
    space = influence_space(head, cutoff=1e-10, damping=1e-4, directions=2)
    assert space.damping == 1e-4
    assert len(space.eigenvalues) <= 2 * 3  # rank at most (K - 1)(2 + 1)


def test_seed_images_are_drawn_from_each_class_and_few_images_are_refused():
    labels = np.repeat([0, 1, 2], [5, 8, 9])
    seeds = draw_seed_images(labels, 4, 0)
    assert_array_equal(labels[seeds], np.repeat([0, 1, 2], 4))
    assert len(np.unique(seeds)) == 12
    with pytest.raises(ValueError, match="class 0 has 5 images"):
        draw_seed_images(labels, 6, 0)


def test_baselines_begin_with_the_seed_image_and_go_on_in_order():
    points = np.array([[0.0], [1.0], [3.0], [7.0], [1.5]])
    assert_array_equal(neighbours(points, np.array([1, 3]), 3), [[1, 4, 0], [3, 2, 4]])
    assert_array_equal(largest(points[:, 0], np.array([1, 3]), 3), [[1, 3, 2], [3, 2, 4]])
    assert_array_equal(nearest_of_class(points, np.array([0, 0, 1, 1, 1]), np.array([1, 4])), [0, 2])


def test_every_group_starts_with_its_seed_image_and_has_no_image_twice(head):
    seeds = np.array([0, 1, 2])
    found = model_groups(head, influence_space(head, **INVERSE), seeds, 8, [0.01], [0])
    for method, members in zip(found["method"], found["members"], strict=True):
        started = found["neighbours"] if method.endswith("_neighbour") else seeds
        assert_array_equal(members[:, 0], started)
        assert all(len(np.unique(group)) == 8 for group in members)
    assert {method for setting, method in zip(found["setting"], found["method"], strict=True) if setting == "0.01"} == {
        *SWEPT
    }
    with pytest.raises(ValueError, match="rarest class has 20 images"):
        model_groups(head, influence_space(head, **INVERSE), seeds, 21, [], [0])
