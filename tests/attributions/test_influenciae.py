import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.influenciae import influenciae_scores
from influence_lab.attributions.relative import relative_influences
from tests.cases import NETWORK


def test_normalize_is_theta_relatif_with_the_sign_of_a_removal():
    """Single precision: 1.2e-7 times the condition number of H, by which solving can multiply it."""
    problem, theta, H = NETWORK.problem, NETWORK.theta, NETWORK.hessian
    theirs = influenciae_scores(problem, theta, NETWORK.X_test, NETWORK.y_test, H)
    tests = problem.gradients(theta, NETWORK.X_test, NETWORK.y_test)
    ours = relative_influences(tests, problem.gradients(theta, problem.X, problem.y), H)
    tolerance = np.finfo(np.float32).eps * np.linalg.cond(H)
    query = np.linalg.norm(tests, axis=1)[:, None]  # θ-RelatIF over it is a cosine
    assert (np.abs(theirs["normalized"] + ours["theta"]) / query).max() < tolerance
    assert_allclose(theirs["raw"], -ours["raw"], rtol=0, atol=tolerance * np.abs(ours["raw"]).max())
    assert np.abs(theirs["normalized"] + ours["ell"]).max() > 100 * tolerance * np.abs(ours["ell"]).max()
