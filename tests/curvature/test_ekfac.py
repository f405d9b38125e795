import pytest
import torch

from influence_lab.curvature.ekfac import EigenFactors, eigen_factors, literal_solve
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
        for seed in range(5):  # whatever the signs and the order of the eigenvectors
            generator = torch.Generator().manual_seed(seed)
            assert not close(literal_solve(layer, factors, vector, corrected.damping, generator), right, tolerance=0.1)


def test_right_solve_does_not_depend_on_signs_or_order_of_the_eigenvectors():
    layer, block = layers_and_blocks(MLP)[0]
    corrected, vector = eigen_factors(layer, kronecker_factors(layer)), VECTOR[: len(block)]
    flipped = EigenFactors(-corrected.a_basis.flip(1), corrected.s_basis.flip(1), corrected.eigenvalues.flip(0, 1))
    assert close(flipped.solve(vector, 0.01), corrected.solve(vector, 0.01))
