r"""Two-stage influence with EK-FAC at both stages: two sets of factors, two eigenbases, applied one after the other."""

from collections.abc import Sequence

import torch
from torch import Tensor

from influence_lab.attributions.language_factors import GROSSE_SHARE, LayerFactors, rotated, solve
from influence_lab.attributions.language_scores import TEXTS_AT_ONCE, position_scores
from influence_lab.attributions.token_gradients import TokenGradients
from influence_lab.curvature.ekfac import EigenFactors

Direction = dict[str, Tensor]  # by layer, shape (outputs, inputs)


def query_gradient(queries: TokenGradients, row: int) -> Direction:
    r"""$\nabla(-\log p)$ of one query at the fine-tuned parameters."""
    return {name: queries.gradient(name, row) for name in queries.inputs}


def tuned_solve(direction: Direction, factors: dict[str, LayerFactors], alpha: float) -> Direction:
    r"""$\alpha\,(\hat G_{ft} + \alpha)^{-1} V$: stage two, with the coupling of its proximity term.

    The proximity is the damping of this stage, the same for all layers. α → ∞ gives V back.

    Args:
        direction: V.
        factors: of fine-tuning's mean loss at the fine-tuned parameters.
        alpha: α.
    """
    return {name: alpha * _solved(direction[name], layer.ekfac, alpha) for name, layer in factors.items()}


def pretrained_solve(
    direction: Direction, factors: dict[str, LayerFactors], share: float = GROSSE_SHARE, damping: float = 0.0
) -> Direction:
    r"""$(\hat G_{pt} + \lambda)^{-1} V$, λ a share of each layer's mean eigenvalue and a number for all layers.

    Args:
        direction: V.
        factors: of pre-training's mean loss at the pre-trained parameters.
        share: of the mean eigenvalue.
        damping: the same for all layers: a weight decay of pre-training.
    """
    return {
        name: _solved(direction[name], layer.ekfac, damping + share * float(layer.ekfac.eigenvalues.mean()))
        for name, layer in factors.items()
    }


def text_scores(direction: Direction, texts: TokenGradients) -> Tensor:
    r"""$\langle V, \nabla L_i \rangle$ of each text, shape (n,): influence on log p where V is that of a query.

    With $V = \alpha(\hat G_{pt} + \lambda)^{-1}(\hat G_{ft} + \alpha)^{-1}\nabla(-\log p)$ the two minus signs, of −α
    and of −log p, are one plus: positive where the text helped.
    """
    return texts.sums(position_scores(direction, texts))


def _solved(matrix: Tensor, factors: EigenFactors, damping: float) -> Tensor:
    rotated = factors.s_basis.T @ matrix @ factors.a_basis
    return factors.s_basis @ (rotated / (factors.eigenvalues + damping)) @ factors.a_basis.T


def two_stage_scores(
    queries: TokenGradients,
    texts: TokenGradients,
    tuned: dict[str, LayerFactors],
    pretrained: dict[str, LayerFactors],
    alpha: float,
    share: float = GROSSE_SHARE,
    damping: float = 0.0,
) -> Tensor:
    r"""Influence of pre-training texts on the fine-tuned model's log p, shape (queries, texts).

    $$I = \alpha\,\nabla(-f)(\theta_{ft})^\top (\hat G_{ft} + \alpha)^{-1} (\hat G_{pt} + \lambda)^{-1}
    \nabla L_i(\theta_{pt}), \qquad f = \log p$$

    Args:
        queries: token gradients of −log p at the fine-tuned parameters.
        texts: those of the texts' losses at the pre-trained ones.
        tuned: factors of fine-tuning.
        pretrained: factors of pre-training.
        alpha: proximity α.
        share: damping of pre-training as a share of each layer's mean eigenvalue.
        damping: further damping of pre-training, the same for all layers.
    """
    total: list[Tensor] = []
    for name, layer in pretrained.items():
        (carried,) = carried_queries(queries.only(name), tuned[name], layer, [alpha])
        solved = solve(carried, layer.ekfac, share, damping)
        total.append(direction_scores(solved[None], rotated(texts.only(name), {name: layer}), name)[0])
    return torch.stack(total).sum(dim=0)


def carried_queries(
    queries: TokenGradients, tuned: LayerFactors, pretrained: LayerFactors, alphas: Sequence[float]
) -> list[Tensor]:
    r"""$\alpha(\hat G_{ft} + \alpha)^{-1} g_q$ of one layer in the basis of stage one, for each α.

    Tokens are turned into the basis of stage two, and only the result, a whole matrix, from there into that of stage
    one: half of the rotations that the two solves take one by one.

    Args:
        queries: token gradients of that layer alone.
        tuned: its factors of fine-tuning.
        pretrained: of pre-training.
        alphas: α.

    Returns:
        For each α, shape (queries, outputs, inputs).
    """
    (name,) = queries.inputs
    gradients = rotated(queries, {name: tuned}).gradients(name)
    turn_s = pretrained.ekfac.s_basis.T @ tuned.ekfac.s_basis
    turn_a = tuned.ekfac.a_basis.T @ pretrained.ekfac.a_basis
    return [turn_s @ (gradients * (each / (tuned.ekfac.eigenvalues + each))) @ turn_a for each in alphas]


def direction_scores(directions: Tensor, texts: TokenGradients, name: str) -> Tensor:
    r"""$\langle V, \nabla L_i \rangle$ in one layer, each text's gradient formed once for all directions.

    Args:
        directions: V, shape (variants, queries, outputs, inputs).
        texts: n, in the same basis.
        name: of the layer.

    Returns:
        Shape (variants, queries, n).
    """
    stacked = directions.flatten(2)
    parts = [
        stacked @ texts.gradients(name, range(first, min(first + TEXTS_AT_ONCE, len(texts)))).flatten(1).T
        for first in range(0, len(texts), TEXTS_AT_ONCE)
    ]
    return torch.cat(parts, dim=-1)
