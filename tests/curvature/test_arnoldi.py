import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.influence import solve
from influence_lab.curvature.arnoldi import krylov, leading_pairs
from tests.cases import CASES


def random_symmetric(size=12, seed=0):
    M = np.random.default_rng(seed).standard_normal((size, size))
    return (M + M.T) / 2, np.random.default_rng(seed + 1).standard_normal(size)


def test_basis_is_orthonormal_and_spans_the_krylov_space():
    C, start = random_symmetric()
    Q, T = krylov(lambda v: C @ v, start, steps=5)
    assert_allclose(Q.T @ Q, np.eye(5), atol=1e-14)
    assert_allclose(T, Q.T @ C @ Q, atol=1e-13)
    powers = np.column_stack([np.linalg.matrix_power(C, k) @ start for k in range(5)])
    assert_allclose(Q @ (Q.T @ powers), powers, rtol=1e-9)


def test_the_largest_eigenvalues_by_absolute_value_are_kept():
    """Ritz values of an indefinite matrix, with all products they are its eigenvalues; influenciae keeps the others."""
    C, start = random_symmetric()
    pairs = leading_pairs(lambda v: C @ v, start, steps=12, rank=4)
    values = np.linalg.eigvalsh(C)
    expected = values[np.argsort(-np.abs(values))][:4]
    assert_allclose(pairs.values, expected, rtol=1e-10)
    assert_allclose(C @ pairs.vectors, pairs.vectors * pairs.values, atol=1e-10)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_with_all_pairs_it_is_the_solve(case):
    H, size = case.hessian, case.problem.size
    gradients = case.problem.gradients(case.theta, case.problem.X, case.problem.y)
    start = np.random.default_rng(0).standard_normal(size)
    pairs = leading_pairs(lambda v: H @ v, start, steps=size, rank=size)
    assert_allclose(pairs.solve(gradients.T), solve(H, gradients.T), rtol=1e-8, atol=1e-10)  # condition ≤ 1e3


@pytest.mark.parametrize("case", CASES, ids=str)
def test_few_pairs_invert_the_part_of_a_vector_that_lies_in_their_span(case):
    H, size = case.hessian, case.problem.size
    values, vectors = np.linalg.eigh(H)
    start = np.random.default_rng(0).standard_normal(size)
    pairs = leading_pairs(lambda v: H @ v, start, steps=size, rank=1)
    vector = vectors @ np.ones(size)
    assert_allclose(pairs.solve(vector, damping=0.5), vectors[:, -1] / (values[-1] + 0.5), atol=1e-10)


def test_an_invariant_space_ends_the_iteration():
    C = np.diag([3.0, 2.0, 1.0, 1.0])
    Q, T = krylov(lambda v: C @ v, np.array([1.0, 1.0, 0.0, 0.0]), steps=4)
    assert Q.shape == (4, 2)
    assert_allclose(np.linalg.eigvalsh(T), [2.0, 3.0], rtol=1e-12)


def test_a_zero_start_is_refused():
    with pytest.raises(ValueError, match="spans nothing"):
        krylov(lambda v: v, np.zeros(3), 2)
