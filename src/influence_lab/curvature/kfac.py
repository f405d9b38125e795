r"""Kronecker factors of one layer's Gauss-Newton block, $G_\ell \approx A_{\ell-1} \otimes S_\ell$."""

from dataclasses import dataclass

import torch
from torch import Tensor

from influence_lab.curvature.pseudo_gradients import LayerGradients


@dataclass(frozen=True)
class KroneckerFactors:
    r"""$A = \mathbb{E}[\bar a \bar a^\top]$ and $S = \mathbb{E}[\mathcal{D}s\,\mathcal{D}s^\top]$ of one layer.

    The layer's gradient is the matrix $V = \mathcal{D}s\,\bar a^\top$. With columns stacked,
    $\mathrm{vec}(V) = \bar a \otimes \mathcal{D}s$, so the block is $\mathbb{E}[\bar a\bar a^\top \otimes
    \mathcal{D}s\,\mathcal{D}s^\top]$; K-FAC replaces the expectation of the product by the product of expectations
    (Martens and Grosse 2015).
    """

    activation: Tensor  # A: (inputs + 1, inputs + 1)
    gradient: Tensor  # S: (outputs, outputs)

    def matrix(self) -> Tensor:
        """The product A ⊗ S, formed: for checks on small layers."""
        return torch.kron(self.activation, self.gradient)

    def solve(self, vector: Tensor, damping: float) -> Tensor:
        r"""$(A \otimes S + \lambda I)^{-1} v$ from the two small eigendecompositions; A ⊗ S is not formed.

        Args:
            vector: vec(V), shape (p of the layer,).
            damping: λ > 0.

        Returns:
            Shape (p of the layer,).
        """
        (a_values, a_basis), (s_values, s_basis) = torch.linalg.eigh(self.activation), torch.linalg.eigh(self.gradient)
        return solve_in_bases(a_basis, s_basis, torch.outer(s_values, a_values), vector, damping)


def kronecker_factors(layer: LayerGradients) -> KroneckerFactors:
    """Factors from a layer's inputs and pseudo-gradients; summed over output gradients, averaged over examples."""
    flat = layer.pseudo.flatten(0, 1)
    count = len(layer.inputs)
    return KroneckerFactors(layer.inputs.T @ layer.inputs / count, flat.T @ flat / count)


def solve_in_bases(a_basis: Tensor, s_basis: Tensor, eigenvalues: Tensor, vector: Tensor, damping: float) -> Tensor:
    r"""$\mathrm{vec}\big(Q_S\,[(Q_S^\top V Q_A) \oslash (\Lambda + \lambda)]\,Q_A^\top\big)$.

    Args:
        a_basis: $Q_A$, eigenvectors of A as columns.
        s_basis: $Q_S$, eigenvectors of S as columns.
        eigenvalues: Λ as a matrix, rows along S and columns along A.
        vector: vec(V), columns stacked.
        damping: λ > 0.

    Returns:
        Shape of the vector.
    """
    matrix = vector.reshape(len(a_basis), len(s_basis)).T  # V, columns unstacked
    rotated = s_basis.T @ matrix @ a_basis / (eigenvalues + damping)
    return (s_basis @ rotated @ a_basis.T).T.reshape(-1)
