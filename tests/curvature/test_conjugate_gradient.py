import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.influence import solve
from influence_lab.curvature.conjugate_gradient import NotSolvedError, conjugate_gradient
from tests.cases import CASES


def spectrum(values, seed=0):
    """A symmetric matrix with these eigenvalues in a random basis."""
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))[0]
    return basis @ np.diag(values) @ basis.T


@pytest.mark.parametrize("case", CASES, ids=str)
def test_agrees_with_the_direct_solution(case):
    """Residual 1e-12 and condition number below 1e3: error below 1e-9."""
    gradient = case.problem.gradients(case.theta, case.problem.X, case.problem.y)[0]
    found = conjugate_gradient(lambda u: case.hessian @ u, gradient, tolerance=1e-12)
    assert_allclose(found, solve(case.hessian, gradient), rtol=1e-8, atol=1e-9 * np.linalg.norm(found))


@pytest.mark.parametrize("distinct", [1, 2, 5])
def test_takes_as_many_products_as_there_are_distinct_eigenvalues(distinct):
    matrix = spectrum(np.repeat(np.arange(1.0, 1 + distinct), 4))
    taken = []

    def product(u):
        taken.append(1)
        return matrix @ u

    conjugate_gradient(product, np.random.default_rng(1).standard_normal(4 * distinct), tolerance=1e-10)
    assert len(taken) == distinct


def test_zero_needs_no_product():
    assert conjugate_gradient(None, np.zeros(3)).tolist() == [0, 0, 0]


def test_too_few_iterations_are_an_error_with_the_residual():
    matrix = spectrum(np.geomspace(1e-3, 1, 20))
    with pytest.raises(NotSolvedError, match=r"relative residual .* after 3 products, wanted 1e-10"):
        conjugate_gradient(lambda u: matrix @ u, np.ones(20), iterations=3)


def test_a_negative_eigenvalue_is_an_error():
    with pytest.raises(NotSolvedError, match="add damping"):
        conjugate_gradient(lambda u: np.array([1.0, -2.0]) * u, np.ones(2))
