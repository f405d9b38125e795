import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.relative import blog_normaliser, normalisers, relative_influences, self_influences
from influence_lab.evaluations.loss_bias import kendall
from tests.cases import CASES, LOGISTIC, NETWORK


def ingredients(case):
    problem = case.problem
    tests = problem.gradients(case.theta, case.X_test, case.y_test)
    return tests, problem.gradients(case.theta, problem.X, problem.y), case.hessian


@pytest.mark.parametrize("case", CASES, ids=str)
def test_relative_influences_are_cosines_times_a_length_of_the_query(case):
    tests, gradients, H = ingredients(case)
    scores = relative_influences(tests, gradients, H)
    whiten = np.linalg.inv(np.linalg.cholesky(H))  # H⁻¹ = whitenᵀ whiten
    vectors = {"theta": (tests, np.linalg.solve(H, gradients.T).T), "ell": (tests @ whiten.T, gradients @ whiten.T)}
    for name, (query, point) in vectors.items():
        lengths = np.linalg.norm(query, axis=1)[:, None]
        cosines = query @ point.T / lengths / np.linalg.norm(point, axis=1)
        assert (np.abs(cosines) <= 1 + 1e-12).all()
        assert_allclose(scores[name], -lengths * cosines, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_size_of_a_training_gradient_does_not_matter(case):
    tests, gradients, H = ingredients(case)
    sizes = np.geomspace(1e-3, 1e3, len(gradients))[:, None]
    once, rescaled = relative_influences(tests, gradients, H), relative_influences(tests, sizes * gradients, H)
    for name in ("theta", "ell"):
        assert_allclose(rescaled[name], once[name], rtol=1e-11, atol=1e-12)


def test_in_logistic_regression_only_the_input_and_the_sign_of_the_error_remain():
    tests, _, H = ingredients(LOGISTIC)
    problem, theta = LOGISTIC.problem, LOGISTIC.theta
    signed = np.sign(problem.predictions(theta, problem.X) - problem.y)[:, None] * problem.X
    gradients = problem.gradients(theta, problem.X, problem.y)
    for name in ("theta", "ell"):
        found, expected = (relative_influences(tests, g, H)[name] for g in (gradients, signed))
        assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_ell_is_invariant_to_linear_reparametrisation_and_theta_is_not():
    """θ = Aφ: gradients become Aᵀg and the Hessian AᵀHA."""
    tests, gradients, H = ingredients(NETWORK)
    A = np.random.default_rng(0).standard_normal(H.shape) + 3 * np.eye(len(H))
    before, after = relative_influences(tests, gradients, H), relative_influences(tests @ A, gradients @ A, A.T @ H @ A)
    assert_allclose(after["ell"], before["ell"], rtol=1e-7, atol=1e-9)
    assert_allclose(after["raw"], before["raw"], rtol=1e-7, atol=1e-9)
    assert not np.allclose(after["theta"], before["theta"], rtol=0.01)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_blog_s_denominator_changes_no_ranking_and_the_right_one_does(case):
    tests, gradients, H = ingredients(case)
    scores = relative_influences(tests, gradients, H)
    blog = scores["raw"] / blog_normaliser(tests, H)[:, None]
    assert_allclose(kendall(scores["raw"], blog), 1, atol=1e-12)
    assert kendall(scores["raw"], scores["theta"]).max() < 0.99


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ell_self_influence_is_the_root_of_the_raw_one(case):
    _, gradients, H = ingredients(case)
    selves = self_influences(gradients, H)
    assert_allclose(selves["ell"], np.sqrt(selves["raw"]), rtol=1e-12)
    diagonal = -np.diag(relative_influences(gradients, gradients, H)["theta"])
    assert_allclose(selves["theta"], diagonal, rtol=1e-9, atol=1e-12)


def test_a_zero_gradient_has_no_relative_influence():
    with pytest.raises(ValueError, match="training point 1 has a zero gradient"):
        normalisers(np.array([[1.0, 0.0], [0.0, 0.0]]), np.eye(2))
