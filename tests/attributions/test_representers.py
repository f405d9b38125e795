import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.representers import representers
from tests.cases import LOGISTIC


@pytest.mark.parametrize("decay", [0.001, 0.1, 1.0])
def test_representer_values_add_up_to_the_logits_of_the_regularised_optimum(decay):
    X, y = LOGISTIC.problem.X, LOGISTIC.problem.y
    found = representers(X, y, decay)
    # the fit's gradient is below 1e-12, and α divides it by λ
    assert_allclose(found.values(LOGISTIC.X_test).sum(axis=1), LOGISTIC.X_test @ found.weights, atol=1e-10 / decay)


def test_alphas_have_the_sign_of_the_label():
    found = representers(LOGISTIC.problem.X, LOGISTIC.problem.y, 0.1)
    assert (np.sign(found.alphas) == 2 * LOGISTIC.problem.y - 1).all()


def test_own_values_are_the_diagonal():
    X = LOGISTIC.problem.X
    found = representers(X, LOGISTIC.problem.y, 0.1)
    assert_allclose(found.own(), np.abs(np.diag(found.values(X))), rtol=1e-12)


def test_the_unregularised_optimum_is_not_such_a_sum():
    found = representers(LOGISTIC.problem.X, LOGISTIC.problem.y, 0.1)
    rebuilt = found.values(LOGISTIC.X_test).sum(axis=1)
    assert np.abs(rebuilt - LOGISTIC.X_test @ LOGISTIC.theta).max() > 0.1
