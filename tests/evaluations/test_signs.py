import numpy as np
from numpy.testing import assert_allclose

from influence_lab.evaluations.signs import sign_table, verdict
from influence_lab.models.theory import Trained
from tests.cases import LOGISTIC


def test_formulas_that_have_the_wrong_sign():
    """E6: Definition 2.2, the blog's ∇L = ∇log p, and its recap in 1.6; Definition 2.3 as a removal."""
    table = sign_table(Trained(LOGISTIC.problem, LOGISTIC.theta, LOGISTIC.X_test, LOGISTIC.y_test), 0, 1e-4)
    wrong = table["where"].str.contains("Definition 2.2|∇L = ∇log p|recap|2.3 over n")
    derivatives = table["describes"].str.startswith("d")
    assert ((table["ratio"] < 0) == wrong).all()
    assert (table.loc[derivatives, "verdict"] == np.where(wrong[derivatives], "opposite sign", "right")).all()
    assert_allclose(table["ratio"][derivatives].abs(), 1, rtol=1e-6)


def test_a_factor_is_not_right_because_its_sign_is():
    assert verdict(2.0, 1.0) == verdict(-0.5, 1.0) == "wrong size"
