import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.functioning_groups import RULES, grow, unit
from influence_lab.attributions.head_influence import (
    grow_groups,
    grow_one,
    influence_features,
    most_influential,
    self_influence,
    whitening,
)
from influence_lab.models.head_refit import refit, refit_without
from tests.models.head_cases import random_head


@pytest.fixture
def head():
    return random_head(silent=True)[0]


def test_whitening_is_the_pseudo_inverse(head):
    hessian = head.hessian()
    found = whitening(hessian, 1e-10)
    inverse = np.linalg.pinv(hessian, rcond=1e-10, hermitian=True)
    assert_allclose(found.factor @ found.factor.T, inverse, atol=1e-10 * np.abs(inverse).max())
    assert_allclose(found.eigenvalues, np.linalg.eigvalsh(hessian)[::-1], atol=1e-14)


def test_damping_is_added_on_the_range_alone(head):
    """For gradients, which lie in the range, (H + λI)⁻¹ is the whole inverse."""
    hessian, gradients = head.hessian(), head.gradients()
    damped = whitening(hessian, 1e-10, 0.1).solve(gradients)
    assert_allclose(damped, np.linalg.solve(hessian + 0.1 * np.eye(head.size), gradients.T).T, atol=1e-10)


def test_a_cut_off_drops_the_directions_below_it(head):
    values = whitening(head.hessian(), 1e-10).eigenvalues
    between = np.sqrt(values[3] * values[4]) / values[0]
    assert whitening(head.hessian(), between).rank == 4


@pytest.mark.parametrize("hessian", [np.zeros((2, 2)), -np.eye(2)])
def test_a_hessian_without_positive_eigenvalues_is_refused(hessian):
    with pytest.raises(ValueError, match="largest eigenvalue"):
        whitening(hessian, 1e-10)


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_features_reproduce_influence(head, chunk):
    hessian, gradients = head.hessian(), head.gradients()
    white = whitening(hessian, 1e-10)
    features = influence_features(head, white, float, chunk)
    expected = gradients @ np.linalg.pinv(hessian, rcond=1e-10, hermitian=True) @ gradients.T
    assert_allclose(features @ features.T, expected, atol=1e-10 * np.abs(expected).max())
    assert_allclose(self_influence(head, white, chunk), np.diag(expected), rtol=1e-10)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("cosine", [False, True], ids=["raw", "cosine"])
def test_groups_grown_together_are_those_grown_alone(head, rule, cosine):
    features = influence_features(head, whitening(head.hessian(), 1e-10), float)
    features = unit(features) if cosine else features
    seeds = [3, 0, 41, 3]
    together = grow_groups(features, seeds, 20, rule)
    for number, seed in enumerate(seeds):
        alone = grow(features, [seed], 19, rule)
        assert together.members[number].tolist() == alone.members.tolist()
        assert_allclose(together.influence[number], alone.influence, rtol=1e-10)


def test_groups_can_take_every_image_but_no_more(head):
    features = influence_features(head, whitening(head.hessian(), 1e-10))
    assert np.sort(grow_groups(features, [1], head.n).members[0]).tolist() == list(range(head.n))
    for size, rule in ((head.n + 1, "algorithm"), (0, "algorithm"), (2, "best")):
        with pytest.raises(ValueError, match="allowed"):
            grow_groups(features, [1], size, rule)


def test_a_group_grown_without_the_embedding_is_the_same(head):
    white = whitening(head.hessian(), 1e-10)
    with_embedding = grow_groups(influence_features(head, white, float), [3, 41], 20).members
    for seed, members in zip([3, 41], with_embedding, strict=True):
        assert grow_one(head, white, seed, 20).tolist() == members.tolist()
    assert np.sort(grow_one(head, white, 3, head.n)).tolist() == list(range(head.n))
    with pytest.raises(ValueError, match="allowed: 1 to"):
        grow_one(head, white, 3, head.n + 1)


def test_the_most_influential_images_are_the_ends_of_the_row_of_the_influence_matrix(head):
    hessian, train = head.hessian(), head.rows(slice(50))
    test = head.rows(slice(50, 55))
    K = test.gradients() @ np.linalg.pinv(hessian, rcond=1e-10, hermitian=True) @ train.gradients().T
    ends = most_influential(train, test, whitening(hessian, 1e-10), 3)
    assert_allclose(ends.help, -np.sort(-K, axis=1)[:, :3], rtol=1e-9)
    assert_allclose(ends.harm, np.sort(K, axis=1)[:, :3], rtol=1e-9)
    assert_allclose(np.take_along_axis(K, ends.helpful, axis=1), ends.help, rtol=1e-9)
    assert_allclose(np.take_along_axis(K, ends.harmful, axis=1), ends.harm, rtol=1e-9)


def test_without_the_most_helpful_image_the_test_loss_rises_and_without_the_most_harmful_it_falls():
    """The sign, against refits: at the minimum the change is K/n to first order in the leverage, here below 0.1."""
    head = random_head(n=400)[0]
    ridge = 1e-6
    theta = refit(head, ridge).theta
    train = head.at(theta)
    test = random_head(n=5, seed=1)[0].at(theta)
    hessian = train.hessian()
    ends = most_influential(train, test, whitening(hessian, 1e-10), 1)
    for images, K in ((ends.helpful, ends.help), (ends.harmful, ends.harm)):
        for i in range(test.n):
            without = refit_without(head, theta, hessian, images[i], ridge).theta
            assert_allclose((test.at(without).losses - test.losses)[i], K[i, 0] / head.n, rtol=0.2)
