import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.group_boundary import Members, batch_boundary, sequential_boundary
from influence_lab.attributions.least_change import least_change, least_changes, nearest_targets
from influence_lab.attributions.weights_boundary import closed_form
from tests.attributions.boundary_cases import group_case, head_case

HEAD, _ = head_case()


def test_coefficients_stand_for_changes_of_the_weights():
    head, weights, groups = group_case()
    members = Members.of(head, groups)
    done = sequential_boundary(members)
    for group in range(5):
        change = done.change[group].T @ head.features[groups[group]]  # (K, D)
        assert_allclose(np.linalg.norm(change), done.norm[group], rtol=1e-10)
        moved = head.features[groups[group]] @ (weights + change).T
        assert_allclose(moved, members.moved(done.change)[group], atol=1e-10)


def test_a_group_of_one_is_a_single_image_for_every_method():
    members = Members.of(HEAD, np.arange(HEAD.n)[:, None])
    expected = closed_form(HEAD.features, HEAD.logits).norm
    assert_allclose(batch_boundary(members).norm, expected, rtol=1e-10)
    assert_allclose(batch_boundary(members, remaining=True).norm, expected, rtol=1e-10)
    assert_allclose(sequential_boundary(members).norm, expected, rtol=1e-10)
    assert_allclose(least_changes(members, nearest_targets(members)), expected, rtol=1e-8)


def test_the_batch_stands_still_where_a_mean_gap_is_zero():
    """One step reaches it, and then only members with smaller gaps than the mean have flipped."""
    head, _, groups = group_case()
    members = Members.of(head, groups)
    done = batch_boundary(members)
    assert (done.steps <= 2).all()  # the second is the step of length zero
    assert not done.flipped.all(axis=1).all()
    logits, K = members.moved(done.change), head.classes
    others = np.arange(K - 1) + (np.arange(K - 1) >= members.predictions[..., None])
    gaps = np.take_along_axis(logits, others, 2) - np.take_along_axis(logits, members.predictions[..., None], 2)
    stuck = ~done.flipped.all(axis=1)
    assert_allclose(np.abs(gaps.mean(axis=1)).min(axis=1)[stuck], 0, atol=1e-10)


def test_the_sequence_flips_everything_and_is_never_shorter_than_the_least_change():
    """max single ≤ least change ≤ sequential; the sequence may end a tie of 1e-6 logits before the boundary."""
    head, _, groups = group_case(size=6)
    members = Members.of(head, groups)
    done = sequential_boundary(members, passes=5000)
    assert done.flipped.all()
    least = least_changes(members, nearest_targets(members, done.change))
    hardest = closed_form(head.features, head.logits).norm[groups].max(axis=1)
    assert (hardest <= least * (1 + 1e-8)).all()
    assert (least <= done.norm + 1e-4).all()


def test_the_least_change_meets_the_conditions_of_a_minimum():
    """Feasible, and a combination with α ≥ 0 of the constraints that hold with equality (Karush, Kuhn and Tucker)."""
    head, _, groups = group_case(groups=20)
    members = Members.of(head, groups)
    targets = nearest_targets(members)
    for gram, logits, c, k in zip(members.gram, members.logits, members.predictions, targets, strict=True):
        change, norm = least_change(gram, logits, c, k)
        moved, rows = logits + gram @ change, np.arange(len(gram))
        slack, alpha = moved[rows, k] - moved[rows, c], change[rows, k]
        assert norm < np.inf
        assert (slack > -1e-7).all()
        assert (alpha >= 0).all()
        assert_allclose(slack * alpha, 0, atol=1e-7)
        assert_allclose(norm**2, np.sum(change * (gram @ change)), rtol=1e-6)


def test_equal_images_with_opposite_targets_have_no_common_change():
    gram, logits = np.ones((2, 2)), np.array([[1.0, 0.0], [0.0, 1.0]])
    assert least_change(gram, logits, np.array([0, 1]), np.array([1, 0]))[1] == np.inf


@pytest.mark.parametrize("passes", [1, 3])
def test_fewer_passes_never_flip_more(passes):
    members = Members.of(*(lambda head, _, groups: (head, groups))(*group_case(size=6)))
    few, many = sequential_boundary(members, passes), sequential_boundary(members, 5000)
    assert (few.flipped.all(axis=1) <= many.flipped.all(axis=1)).all()
    assert (few.passes <= passes).all()
