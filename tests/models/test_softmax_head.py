import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from influence_lab.attributions.head_influence import whitening
from influence_lab.models.softmax import SoftmaxRegression
from influence_lab.models.softmax_head import SoftmaxHead, principal, principal_directions
from tests.models.head_cases import random_head


@pytest.fixture(params=[{}, {"silent": True}, {"repeated": True}, {"scale": 6.0}], ids=str)
def case(request):
    return random_head(**request.param)


def torch_loss(head):
    """The mean cross-entropy as a function of θ, by torch."""
    X, y = torch.tensor(head.features), torch.tensor(head.labels)
    return lambda theta: torch.nn.functional.cross_entropy(X @ theta.reshape(head.classes, -1).T, y)


def test_hessian_is_that_of_autograd_and_of_softmax_regression(case):
    head, theta = case
    found = head.hessian()
    assert_allclose(found, torch.autograd.functional.hessian(torch_loss(head), torch.tensor(theta)), atol=1e-13)
    problem = SoftmaxRegression(head.features, head.labels.astype(float), 0.0, head.classes)
    assert_allclose(found, problem.hessian(theta, problem.weights()), atol=1e-13)


@pytest.mark.parametrize("chunk", [1, 7, 60, 10_000])
def test_hessian_does_not_depend_on_how_images_are_divided_and_is_symmetric(case, chunk):
    head, _ = case
    found = head.hessian(chunk)
    assert_allclose(found, head.hessian(), atol=1e-14)
    assert (found == found.T).all()


def test_hessian_is_that_of_a_likelihood_whatever_the_labels(case):
    """Adding one vector to the weights of all classes changes nothing: block rows add up to zero."""
    head, _ = case
    blocks = head.hessian().reshape(head.classes, -1, head.size)
    assert_allclose(blocks.sum(axis=0), 0, atol=1e-15)
    other = type(head)(head.features, head.logits, (head.labels + 1) % head.classes)
    assert_allclose(other.hessian(), head.hessian(), rtol=0, atol=0)


def test_products_are_those_of_the_explicit_matrices(case):
    head, _ = case
    rng = np.random.default_rng(1)
    vectors, weights = rng.standard_normal((3, head.size)), rng.standard_normal((head.n, 2))
    gradients = head.gradients()
    assert_allclose(head.products(vectors), gradients @ vectors.T, atol=1e-12)
    assert_allclose(head.gradient_of(weights), weights.T @ gradients, atol=1e-12)
    assert_allclose(head.hessian_product(vectors[0]), head.hessian() @ vectors[0], atol=1e-13)


def test_gradients_are_those_of_autograd_and_losses_too(case):
    head, theta = case
    mean = torch_loss(head)
    assert_allclose(head.gradients().mean(axis=0), torch.func.grad(mean)(torch.tensor(theta)), atol=1e-14)
    assert_allclose(head.losses.mean(), float(mean(torch.tensor(theta))), rtol=1e-13)
    assert_allclose(head.at(theta).logits, head.logits, atol=1e-13)


def test_residuals_keep_their_digits_where_the_label_is_almost_certain():
    """p_y − 1 = −Σ other p, to full relative precision: here about 4e-18, which 1 − p_y would round to 0."""
    head, _ = random_head(n=1)
    head = type(head)(head.features, np.array([[40.0, 0, 0, 0]]), np.array([0]))
    assert_allclose(head.residuals[0], [-3 * np.exp(-40), *[np.exp(-40)] * 3], rtol=1e-12)


def test_margins_are_negative_exactly_where_predictions_are_wrong(case):
    head, _ = case
    assert ((head.margins < 0) == (head.predictions != head.labels)).all()
    assert_allclose(SoftmaxHead(np.ones((1, 1)), np.array([[1.0, 5.0, 2.0]]), np.array([2])).margins, -3)


def test_rank_is_bounded_by_classes_and_features_and_falls_with_silent_and_repeated_ones():
    """(K − 1) · rank of the features and the 1, reached by 60 images in general position."""
    for change, rank in (({}, 6), ({"silent": True}, 5), ({"silent": True, "repeated": True}, 4)):
        head, _ = random_head(**change)
        assert np.linalg.matrix_rank(head.features) == rank
        assert whitening(head.hessian(), 1e-10).rank == (head.classes - 1) * rank


def test_gradients_lie_in_the_range(case):
    head, _ = case
    factor = whitening(head.hessian(), 1e-10).factor
    basis = np.linalg.qr(factor)[0]
    gradients = head.gradients()
    assert_allclose(gradients @ basis @ basis.T, gradients, atol=1e-9 * np.abs(gradients).max())


def test_all_principal_directions_change_no_influence(case):
    """Centring mixes features with the 1, an invertible change of coordinates: gᵀH⁺g does not see it."""
    head, _ = case
    turned = principal(head, 5)
    influences = []
    for one in (head, turned):
        solved = whitening(one.hessian(), 1e-10).solve(one.gradients())
        influences.append(one.gradients() @ solved.T)
    assert_allclose(influences[1], influences[0], rtol=1e-6, atol=1e-9 * np.abs(influences[0]).max())
    assert_allclose(turned.features[:, :-1].mean(axis=0), 0, atol=1e-14)


@pytest.mark.parametrize(("n", "width"), [(60, 5), (8, 20)], ids=["many images", "fewer images than features"])
def test_principal_directions_are_orthonormal_leading_and_carry_over_to_other_images(n, width):
    head, _ = random_head(n=n, width=width)
    found = principal_directions(head, 3)
    assert_allclose(found.vectors.T @ found.vectors, np.eye(3), atol=1e-12)
    spread = np.linalg.svd(head.features[:, :-1] - found.mean, compute_uv=False)[:3]
    assert_allclose(np.linalg.norm(found.project(head).features[:, :-1], axis=0), spread, rtol=1e-10)
    assert_allclose(found.project(head.rows([4])).features, found.project(head).features[[4]], atol=1e-13)
    assert (found.project(head).probabilities == head.probabilities).all()
