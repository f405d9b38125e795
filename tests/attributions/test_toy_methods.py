from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.gradients import cosines
from influence_lab.attributions.influence import influence
from influence_lab.attributions.relative import normalisers
from influence_lab.attributions.representers import representers
from influence_lab.attributions.toy_attributions import toy_attributions
from influence_lab.attributions.toy_methods import METHODS, hidden_features
from tests.attributions.toy_cases import OPTIONS, settings

EXPLICIT = "influence, G + λI"


def explicit(setting):
    curvature = setting.network.gauss_newton() + OPTIONS.damping * np.eye(len(setting.network.theta))
    return influence(setting.tests, setting.network.train_gradients, curvature), curvature


def test_root_is_a_root_of_gauss_newton():
    setting = settings()["true"][0]
    assert_allclose(setting.root.T @ setting.root, setting.network.gauss_newton(), atol=1e-14)


@pytest.mark.parametrize(
    ("name", "tolerance"), [(EXPLICIT, 1e-11), ("conjugate gradient", 1e-8), ("LiSSA", 1e-6), ("Arnoldi", 1e-6)]
)
def test_solvers_agree_with_the_explicit_solve(name, tolerance):
    """Given enough steps. Arnoldi then keeps every direction in which G is not zero, and gradients have no others.

    What LiSSA and Arnoldi leave out is a part of 1e-10 of a vector, over the smallest eigenvalue.
    """
    setting = settings()["true"][0]
    expected, _ = explicit(setting)
    found = METHODS[name](setting).matrix
    assert np.abs(found - expected).max() < tolerance * np.abs(expected).max()


def test_own_scores_are_the_diagonal_of_influence_on_training_losses():
    setting = settings()["true"][0]
    _, curvature = explicit(setting)
    gradients = setting.network.train_gradients
    own = METHODS[EXPLICIT](setting).own
    assert_allclose(own, -np.diag(influence(gradients, gradients, curvature)), rtol=1e-10)


def test_ekfac_and_kfac_are_explicit_solves_with_their_own_matrices():
    """For one training point the Kronecker product is exact, so both are the block-diagonal solve."""
    setting = settings()["true"][0]
    one = settings_of_one_point(setting)
    G, blocks = one.network.gauss_newton(), one.network.network.blocks
    block_diagonal = np.zeros_like(G)
    for block in blocks:
        block_diagonal[block, block] = G[block, block]
    curvature = block_diagonal + OPTIONS.damping * np.eye(len(G))
    expected = influence(one.tests, one.network.train_gradients, curvature)
    for name in ("K-FAC", "EK-FAC"):
        assert_allclose(METHODS[name](one).matrix, expected, rtol=1e-8, atol=1e-10)


def settings_of_one_point(setting):
    network = replace(setting.network, X=setting.network.X[:1], y=setting.network.y[:1])
    return replace(setting, path=[network])


def test_ell_relatif_is_cosine_influence_times_a_length_of_the_query():
    """So the two rank training points alike, and subsets too."""
    setting = settings()["true"][0]
    values, basis = np.linalg.eigh(explicit(setting)[1])
    whitened = (gradients @ basis / np.sqrt(values) for gradients in (setting.tests, setting.network.train_gradients))
    ratio = METHODS["ℓ-RelatIF"](setting).matrix / cosines(*whitened)
    assert_allclose(ratio, np.tile(ratio[:, :1], ratio.shape[1]), rtol=1e-8)


def test_theta_relatif_is_influence_over_the_length_of_the_response():
    setting = settings()["true"][0]
    raw, curvature = explicit(setting)
    gradients = setting.network.train_gradients
    assert_allclose(METHODS["θ-RelatIF"](setting).matrix, raw / normalisers(gradients, curvature).theta, rtol=1e-9)


def test_the_fitted_damping_is_another_one():
    setting = settings()["true"][0]
    curvature = setting.network.gauss_newton() + OPTIONS.fitted_damping * np.eye(len(setting.network.theta))
    expected = influence(setting.tests, setting.network.train_gradients, curvature)
    assert_allclose(METHODS["influence, G + λ*I"](setting).matrix, expected, rtol=1e-9, atol=1e-12)


def test_representer_values_add_up_to_the_margins_of_the_refitted_layer():
    setting = settings()["true"][0]
    train, test = (hidden_features(setting.network, X) for X in (setting.network.X, setting.X))
    layer = representers(train, setting.network.y, OPTIONS.representer_decay).weights
    total = METHODS["representer points"](setting).matrix.sum(axis=1)
    assert_allclose(total, (2 * setting.y - 1) * (test @ layer), rtol=1e-6, atol=1e-8)


def test_every_method_gives_scores_of_the_right_shape_or_says_why_not():
    found = toy_attributions(settings())
    assert found["matrix"].shape == (2, len(METHODS), 10, 48)
    assert found["own"].shape == (2, len(METHODS), 48)
    undefined = np.isnan(found["matrix"]).all(axis=(2, 3))
    assert (undefined == ((found["failures"] != "") | (found["methods"] == "training loss"))).all()
    assert all("smallest eigenvalue" in text for text in found["failures"].ravel() if text)
    assert (found["peak_bytes"] > 0).all()
