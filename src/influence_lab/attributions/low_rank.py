r"""Query gradients at low rank: what is left of influence when $C\nabla f$ is cut to its r largest singular pairs.

Grosse et al. (2023, section 3.2.2) keep the preconditioned gradient of each query this way, so that many queries fit
into memory while the training gradients stream past.
"""

import torch
from torch import Tensor

from influence_lab.attributions.language_factors import LayerFactors, rotated, solve
from influence_lab.attributions.token_gradients import TokenGradients


def scores_by_rank(
    queries: TokenGradients,
    train: TokenGradients,
    factors: dict[str, LayerFactors],
    rows: list[int],
    ranks: list[int],
) -> dict[str, Tensor]:
    """EK-FAC influence with each layer's query gradient cut to several ranks, from one pass over the kept gradients.

    The cuts are nested, so what each singular pair adds to a text's score is computed once and summed up.

    Args:
        queries: gradients of the queries.
        train: gradients of the texts.
        factors: by layer.
        rows: the queries that are taken.
        ranks: rising; the largest decides the time.

    Returns:
        `scores`, shape (ranks, queries, texts), and `energy`, the share of the preconditioned gradient's squared
        Frobenius norm (all layers) that the cut keeps, shape (ranks, queries).
    """
    train, queries = rotated(train, factors), rotated(queries, factors)
    chosen = torch.tensor(ranks) - 1
    scores, kept, whole = 0.0, 0.0, 0.0
    for name, layer in factors.items():
        found = []
        for row in rows:
            gradient = solve(queries.gradient(name, row), layer.ekfac)
            left, right = leading_pairs(gradient, max(ranks))
            added = train.sums(pair_scores(left, right, train.outputs[name], train.inputs[name]))
            energy = left.square().sum(dim=0) * right.square().sum(dim=0)
            found.append((at_ranks(added, chosen), at_ranks(energy, chosen), gradient.square().sum()))
        layer_scores, layer_kept, layer_whole = (torch.stack(part) for part in zip(*found, strict=True))
        scores, kept, whole = scores + layer_scores, kept + layer_kept, whole + layer_whole
    return {"scores": scores.permute(2, 0, 1).contiguous(), "energy": (kept / whole[:, None]).T.contiguous()}


def leading_pairs(gradient: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    r"""Factors $L$ (outputs, r) and $R$ (inputs, r) with $L R^\top$ the best approximation of rank r.

    The singular values are in the side whose Gram matrix was not taken; with r at its full size $L R^\top$ is the
    gradient, whatever the rounding of small singular values.
    """
    if gradient.shape[0] >= gradient.shape[1]:
        basis = torch.linalg.eigh(gradient.T @ gradient)[1].flip(1)[:, :rank]
        return gradient @ basis, basis
    basis = torch.linalg.eigh(gradient @ gradient.T)[1].flip(1)[:, :rank]
    return basis, gradient.T @ basis


def pair_scores(left: Tensor, right: Tensor, outputs: Tensor, inputs: Tensor) -> Tensor:
    r"""What each singular pair adds to each token's score, $(\mathcal{D}s_t^\top L_k)(R_k^\top a_t)$.

    Args:
        left: shape (outputs, r).
        right: shape (inputs, r).
        outputs: Ds of all tokens, shape (tokens, outputs).
        inputs: a of all tokens, shape (tokens, inputs).

    Returns:
        Shape (tokens, r).
    """
    return (outputs @ left) * (inputs @ right)


def at_ranks(added: Tensor, chosen: Tensor) -> Tensor:
    """Sums over the first pairs, shape (..., ranks); a rank above the number of pairs takes them all."""
    return added.cumsum(dim=-1)[..., chosen.clamp(max=added.shape[-1] - 1)]


def numbers_kept(factors: dict[str, LayerFactors], rank: int | None) -> int:
    """Numbers that one query's preconditioned gradient takes, at a rank or (`None`) in full, all layers."""
    shapes = [layer.ekfac.eigenvalues.shape for layer in factors.values()]
    return sum(o * i if rank is None else min(rank, o, i) * (o + i) for o, i in shapes)
