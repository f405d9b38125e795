"""Keep only the diagonal blocks of a curvature matrix, one per layer."""

from collections.abc import Sequence

import torch
from torch import Tensor


def block_diagonal(matrix: Tensor, blocks: Sequence[slice]) -> Tensor:
    r"""$\tilde G = \mathrm{diag}(G_{1,1}, \dots, G_{L,L})$ as a full p × p matrix with zeros off the blocks.

    >>> block_diagonal(torch.ones(3, 3), [slice(0, 1), slice(1, 3)]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    return torch.block_diag(*(matrix[block, block] for block in blocks))


def solve_blocks(matrix: Tensor, blocks: Sequence[slice], vector: Tensor, damping: float) -> Tensor:
    r"""Solve $(G_{\ell,\ell} + \lambda I) x_\ell = v_\ell$ layer by layer; off-diagonal blocks are never read.

    Args:
        matrix: G, shape (p, p); only its diagonal blocks are used.
        blocks: where each layer stands.
        vector: v, shape (p,) or (p, k).
        damping: λ > 0.

    Returns:
        x, the shape of v.
    """
    parts = []
    for block in blocks:
        own = matrix[block, block]
        parts.append(torch.linalg.solve(own + damping * torch.eye(len(own), dtype=own.dtype), vector[block]))
    return torch.cat(parts)
