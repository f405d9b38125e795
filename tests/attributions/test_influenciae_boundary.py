import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.influenciae_boundary import influenciae_boundary
from influence_lab.attributions.weights_boundary import closed_form
from tests.attributions.boundary_cases import head_case


def test_influenciae_gives_minus_the_closed_form_and_not_its_square():
    """Single precision: gaps are right to 1e-6 of the logits, which are below 20, over √2 ‖h‖ ≥ √2."""
    head, weights = head_case(n=8)
    scores = influenciae_boundary(weights[:, :-1].T, weights[:, -1], head.features[:, :-1])
    assert_allclose(-scores, closed_form(head.features, head.logits).norm, atol=2e-5)


def test_influenciaes_own_example():
    score = influenciae_boundary(np.zeros((3, 2)), np.array([4.0, 0.0]), np.zeros((1, 3)))
    assert_allclose(score, [-2 * np.sqrt(2)], rtol=1e-6)
