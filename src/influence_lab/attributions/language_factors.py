"""The EK-FAC approximation of each layer of a language model, as kronfluence has fitted it."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from influence_lab.artifacts import read_whole
from influence_lab.attributions.tensor_files import load_tensors
from influence_lab.attributions.token_gradients import TokenGradients
from influence_lab.curvature.ekfac import EigenFactors

GROSSE_SHARE = 0.1  # λ as a share of a layer's mean eigenvalue (Grosse et al. 2023, section 3.3)


@dataclass(frozen=True)
class LayerFactors:
    r"""Bases of A and S with two diagonals in them: Λ fitted (EK-FAC) and the product of eigenvalues (K-FAC)."""

    ekfac: EigenFactors
    kfac: EigenFactors


def read_factors(folder: Path) -> dict[str, LayerFactors]:
    """Factors of every layer, normalised to G of the mean loss over texts, from a folder that kronfluence filled.

    Layers are in the order of blocks, then of names.
    A is averaged over tokens and S too, so A ⊗ S is the curvature of a token; the mean number of tokens of a text
    makes it that of a text, as Λ is, if gradients at different tokens of a text are uncorrelated: K-FAC's assumption
    beside that of independent a and Ds, and true of sampled labels where positions do not see one another.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the folder.
    """
    return read_whole(folder, _factors)


def _factors(folder: Path) -> dict[str, LayerFactors]:
    loaded = {
        name: load_tensors(folder / f"{name}.safetensors")
        for name in (
            "activation_eigenvectors",
            "gradient_eigenvectors",
            "activation_eigenvalues",
            "gradient_eigenvalues",
            "lambda_matrix",
            "num_lambda_processed",
            "num_gradient_covariance_processed",
        )
    }
    factors = {}
    for layer in sorted(loaded["lambda_matrix"], key=_place):
        fitted = loaded["lambda_matrix"][layer]
        texts = loaded["num_lambda_processed"][layer]
        tokens = int(loaded["num_gradient_covariance_processed"][layer]) / int(texts)
        a_basis, s_basis = (loaded[f"{side}_eigenvectors"][layer] for side in ("activation", "gradient"))
        a_values, s_values = (loaded[f"{side}_eigenvalues"][layer] for side in ("activation", "gradient"))
        product = tokens * torch.outer(s_values, a_values)
        factors[layer] = LayerFactors(
            EigenFactors(a_basis, s_basis, fitted / texts),
            EigenFactors(a_basis, s_basis, product.to(fitted.dtype)),
        )
    return factors


def _place(layer: str) -> list[tuple[bool, int, str]]:
    """Sorts block 10 behind block 9."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in layer.split(".")]


def rotated(tokens: TokenGradients, factors: dict[str, LayerFactors]) -> TokenGradients:
    r"""The vector pairs in the bases of the factors, $(Q_A^\top a_t,\ Q_S^\top \mathcal{D}s_t)$.

    A rotation leaves dot products alone, and in these bases a damped solve is a division.
    """
    return TokenGradients(
        {name: vectors @ factors[name].ekfac.a_basis for name, vectors in tokens.inputs.items()},
        {name: vectors @ factors[name].ekfac.s_basis for name, vectors in tokens.outputs.items()},
        tokens.starts,
    )


def solve(gradient: Tensor, factors: EigenFactors, share: float = GROSSE_SHARE, damping: float = 0.0) -> Tensor:
    r"""$(\Lambda + \lambda)^{-1}$ of gradients in the bases, shape (..., outputs, inputs).

    Args:
        gradient: in the bases.
        factors: with Λ.
        share: of Λ's mean in λ.
        damping: the rest of λ, as a weight decay.
    """
    return gradient / (factors.eigenvalues + (share * float(factors.eigenvalues.mean()) + damping))
