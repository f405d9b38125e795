r"""Which preconditioners keep the rank of a query's gradient: E13 of the reference, in numbers."""

import pandas as pd
import torch
from torch import Tensor

from influence_lab.attributions.language_factors import LayerFactors, solve
from influence_lab.attributions.token_gradients import TokenGradients

CUT = 1e-6  # eigenvalues of a side below this share of its largest are left out: rounding, in single precision
COUNTED = 1e-6  # singular values above this share of the largest count towards the rank


def gradient_ranks(queries: TokenGradients, factors: dict[str, LayerFactors], rows: list[int]) -> pd.DataFrame:
    r"""Ranks of query gradients before and after preconditioning, in double precision.

    The gradient is $\sum_t \mathcal{D}s_t a_t^\top$, of rank at most T. Undamped K-FAC multiplies it by matrices from
    both sides, $S^{-1} V A^{-1}$, which no rank survives being raised by; a division entry by entry, in EK-FAC and
    wherever λ is added, is no such product.

    Returns:
        Columns query, tokens, layer, way (raw, kfac_undamped, kfac, ekfac_undamped, ekfac), rank, full (the layer's
        largest possible rank), rank_90 (pairs that hold 90 % of the squared Frobenius norm).
    """
    rows_found = []
    for row in rows:
        for name, layer in factors.items():
            gradient = (
                layer.ekfac.s_basis.T.double() @ queries.gradient(name, row).double() @ layer.ekfac.a_basis.double()
            )
            tokens = queries.rows(row).stop - queries.rows(row).start
            for way, solved in _preconditioned(gradient, layer).items():
                rows_found.append((row, tokens, name, way, *_ranks(solved), min(gradient.shape)))
    columns = ["query", "tokens", "layer", "way", "rank", "rank_90", "full"]
    return pd.DataFrame(rows_found, columns=columns)


def _preconditioned(gradient: Tensor, layer: LayerFactors) -> dict[str, Tensor]:
    return {
        "raw": gradient,
        "kfac_undamped": gradient * _inverse_of_product(layer.kfac.eigenvalues.double()),
        "kfac": solve(gradient, layer.kfac),
        "ekfac_undamped": gradient
        / layer.ekfac.eigenvalues.double().clamp(min=CUT * float(layer.ekfac.eigenvalues.max())),
        "ekfac": solve(gradient, layer.ekfac),
    }


def _inverse_of_product(eigenvalues: Tensor) -> Tensor:
    """1/(s aᵀ) with the small eigenvalues of either side left out, so that it stays a product of two vectors."""
    place = int(eigenvalues.argmax())
    s_values, a_values = eigenvalues[:, place % eigenvalues.shape[1]], eigenvalues[place // eigenvalues.shape[1]]
    return torch.outer(_inverse(s_values), _inverse(a_values)) * eigenvalues.max()


def _inverse(values: Tensor) -> Tensor:
    return torch.where(values > CUT * values.max(), 1 / values, 0.0)


def _ranks(matrix: Tensor) -> tuple[int, int]:
    """Rank and number of pairs with 90 % of the squares, from the eigenvalues of the smaller Gram matrix."""
    gram = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    squares = torch.linalg.eigvalsh(gram).flip(0).clamp(min=0)
    return int((squares > COUNTED**2 * squares[0]).sum()), int((squares.cumsum(0) < 0.9 * squares.sum()).sum()) + 1
