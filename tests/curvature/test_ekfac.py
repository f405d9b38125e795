import pytest
import torch

from influence_lab.curvature.ekfac import eigen_factors, literal_solve
from influence_lab.curvature.kfac import kronecker_factors
from tests.curvature.cases import CASES, MLP, VECTOR, close
from tests.curvature.test_kfac import layers_and_blocks


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("case", CASES, ids=str)
def test_frobenius_error_is_never_above_that_of_kfac(case, seed):
    for layer, block in layers_and_blocks(case, parameters=case.network.initial(seed)):
        factors = kronecker_factors(layer)
        corrected = eigen_factors(layer, factors).matrix()
        assert (corrected - block).norm() <= (factors.matrix() - block).norm() + 1e-12 * block.norm()


def test_eigenvalues_are_the_diagonal_of_the_block_in_the_basis():
    for layer, block in layers_and_blocks(MLP):
        corrected = eigen_factors(layer, kronecker_factors(layer))
        basis = torch.kron(corrected.a_basis, corrected.s_basis)
        assert close(corrected.eigenvalues.T.reshape(-1), torch.diagonal(basis.T @ block @ basis))


def test_solve_is_the_solve_with_the_formed_matrix_and_the_printed_transposes_are_not():
    for layer, block in layers_and_blocks(MLP):
        factors, vector = kronecker_factors(layer), VECTOR[: len(block)]
        corrected = eigen_factors(layer, factors)
        damped = corrected.matrix() + corrected.damping * torch.eye(len(block), dtype=block.dtype)
        right = torch.linalg.solve(damped, vector)
        assert close(corrected.solve(vector, corrected.damping), right)
        assert not close(literal_solve(layer, factors, vector, corrected.damping), right, tolerance=0.1)
