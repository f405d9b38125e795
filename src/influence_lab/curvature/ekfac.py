r"""Eigenvalue-corrected Kronecker factors: the bases of A and S, with the eigenvalues fitted in them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from influence_lab.curvature.kfac import KroneckerFactors, solve_in_bases
from influence_lab.curvature.pseudo_gradients import LayerGradients


@dataclass(frozen=True)
class EigenFactors:
    r"""$G_\ell \approx (Q_A \otimes Q_S)\,\mathrm{diag}(\Lambda)\,(Q_A \otimes Q_S)^\top$ (George et al. 2018)."""

    a_basis: Tensor  # Q_A: (inputs + 1, inputs + 1)
    s_basis: Tensor  # Q_S: (outputs, outputs)
    eigenvalues: Tensor  # Λ: (outputs, inputs + 1)

    @property
    def damping(self) -> float:
        """The usual choice, a tenth of the mean eigenvalue (Grosse et al. 2023, section 3.3)."""
        return 0.1 * float(self.eigenvalues.mean())

    def matrix(self) -> Tensor:
        """The p × p matrix of the layer, formed: for checks on small layers."""
        basis = torch.kron(self.a_basis, self.s_basis)
        return basis * self.eigenvalues.T.reshape(-1) @ basis.T

    def solve(self, vector: Tensor, damping: float) -> Tensor:
        """Solve with λ added to every eigenvalue, in the bases: memory of the factors, never of the block."""
        return solve_in_bases(self.a_basis, self.s_basis, self.eigenvalues, vector, damping)


def eigen_factors(layer: LayerGradients, factors: KroneckerFactors) -> EigenFactors:
    r"""Fit $\Lambda_{jk} = \mathbb{E}[(Q_S^\top\,\mathcal{D}s\,\bar a^\top Q_A)_{jk}^2]$ in the bases of A and S.

    Λ is the diagonal of $Q^\top G_\ell Q$ for $Q = Q_A \otimes Q_S$: of all diagonal matrices in that basis, the
    nearest to $G_\ell$ in Frobenius norm. K-FAC's own eigenvalues are another diagonal in the same basis, so they are
    no nearer.

    Args:
        layer: the layer's inputs and pseudo-gradients.
        factors: their second moments.

    Returns:
        Bases and eigenvalues.
    """
    a_basis, s_basis = torch.linalg.eigh(factors.activation)[1], torch.linalg.eigh(factors.gradient)[1]
    return EigenFactors(a_basis, s_basis, _second_moments(layer, a_basis, s_basis))


def literal_solve(
    layer: LayerGradients, factors: KroneckerFactors, vector: Tensor, damping: float, generator: torch.Generator
) -> Tensor:
    r"""The damped solve with the transposes of Grosse et al. (2023), Eq. 20 and 21, read as printed. It is wrong.

    Printed: $\Lambda = \mathbb{E}[((Q_A \otimes Q_S)\,\mathcal{D}\theta)^2]$ and
    $\mathrm{vec}(Q_S^\top[(Q_S V Q_A^\top) \oslash (\Lambda + \lambda)] Q_A)$, with the eigenvectors as columns of
    $Q_A$ and $Q_S$ (their Eq. 18): rotated into the wrong basis. That is the right formula for bases transposed.

    Eigenvectors have no sign and, in a matrix of columns, no order. The right formula does not depend on either; this
    one does, so both are drawn at random and its error is a property of the draw.

    Args:
        layer: the layer's inputs and pseudo-gradients.
        factors: their second moments.
        vector: vec(V), shape (p of the layer,).
        damping: λ > 0.
        generator: draws signs and order of the eigenvectors.

    Returns:
        Shape of the vector.
    """
    a_basis, s_basis = (
        _shuffled(torch.linalg.eigh(matrix)[1], generator).T for matrix in (factors.activation, factors.gradient)
    )
    return solve_in_bases(a_basis, s_basis, _second_moments(layer, a_basis, s_basis), vector, damping)


def _shuffled(basis: Tensor, generator: torch.Generator) -> Tensor:
    """The same eigenvectors in another order, with other signs."""
    size = len(basis)
    signs = 2.0 * torch.randint(0, 2, (size,), generator=generator) - 1.0
    return basis[:, torch.randperm(size, generator=generator)] * signs


def _second_moments(layer: LayerGradients, a_basis: Tensor, s_basis: Tensor) -> Tensor:
    """Mean squares of the gradients' coordinates; a rank-one gradient rotates by its two vectors."""
    a_squares, s_squares = (layer.inputs @ a_basis).square(), (layer.pseudo @ s_basis).square().sum(1)
    return s_squares.T @ a_squares / len(layer.inputs)
