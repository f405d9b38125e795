r"""The methods that need gradients, one at a time, so that each can be timed for what it alone needs."""

import torch
from torch import Tensor

from influence_lab.attributions.language_factors import LayerFactors, rotated
from influence_lab.attributions.token_gradients import TokenGradients

NEEDS_FACTORS = ("ekfac", "kfac", "relatif", "theta_relatif")
GRADIENT_METHODS = (*NEEDS_FACTORS, "dot", "cosine")
TEXTS_AT_ONCE = 16


def gradient_scores(
    method: str,
    queries: TokenGradients,
    train: TokenGradients,
    factors: dict[str, LayerFactors],
    share: float | None = None,
) -> Tensor:
    r"""Scores of one method, as `language_scores.gradient_methods` has them all at once, shape (queries, texts).

    Args:
        method: of `GRADIENT_METHODS`.
        queries: gradients of $-\log p$ of the completions.
        train: gradients of the texts' losses.
        factors: by layer; `dot` and `cosine` only take the layers' names from it.
        share: λ of a layer as a share of its mean eigenvalue; Grosse's tenth where not given.
    """
    if method in NEEDS_FACTORS:
        queries, train = rotated(queries, factors), rotated(train, factors)
    total, norms, asked_norms = (
        torch.zeros(len(queries), len(train)),
        torch.zeros(len(train)),
        torch.zeros(len(queries)),
    )
    for name, layer in factors.items():
        diagonal = layer.kfac if method == "kfac" else layer.ekfac
        damping = diagonal.damping if share is None else share * float(diagonal.eigenvalues.mean())
        damped = diagonal.eigenvalues + damping
        asked = torch.stack([queries.gradient(name, row) for row in range(len(queries))])
        asked_norms += asked.square().sum(dim=(1, 2))
        preconditioned = asked / damped if method in NEEDS_FACTORS else asked
        for first in range(0, len(train), TEXTS_AT_ONCE):
            rows = range(first, min(first + TEXTS_AT_ONCE, len(train)))
            texts = torch.stack([train.gradient(name, row) for row in rows])
            total[:, rows.start : rows.stop] += preconditioned.flatten(1) @ texts.flatten(1).T
            if method == "relatif":
                norms[rows.start : rows.stop] += (texts.square() / damped).sum(dim=(1, 2))
            elif method == "theta_relatif":
                norms[rows.start : rows.stop] += (texts / damped).square().sum(dim=(1, 2))
            elif method == "cosine":
                norms[rows.start : rows.stop] += texts.square().sum(dim=(1, 2))
    if method == "cosine":
        return total / (norms * asked_norms[:, None]).sqrt()
    return total / norms.sqrt() if method in ("relatif", "theta_relatif") else total
