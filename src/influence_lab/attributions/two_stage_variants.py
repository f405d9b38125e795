r"""Two-stage influence beside what is left of it when a part is taken away, from one look at every text's gradient.

`two_stage_ekfac.two_stage_scores` turns whole gradient matrices of each query four times a layer. Here a query's
tokens, not its gradient, are turned into the basis of stage two, the result once into that of stage one, and the texts
are brought there once for all queries and variants.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from influence_lab.attributions.language_factors import GROSSE_SHARE, LayerFactors, rotated, solve
from influence_lab.attributions.token_gradients import TokenGradients

TEXTS_AT_ONCE = 16  # gradients of a layer formed together
VARIANTS = {  # name: how a reader sees it
    "full": "two stages, both inverses",
    "without_tuned": "without stage two's inverse",
    "without_pretrained": "without stage one's inverse",
    "dot": "without either: a dot product",
    "wrong": "single stage, gradients at θ_ft",
    "single": "single stage at θ_pt",
}


def two_stage_variants(
    queries: TokenGradients,
    before: TokenGradients,
    texts: TokenGradients,
    after: TokenGradients,
    tuned: dict[str, LayerFactors],
    pretrained: dict[str, LayerFactors],
    alpha: float,
    others: Sequence[float] = (),
    share: float = GROSSE_SHARE,
) -> dict[str, Tensor]:
    r"""Scores of every text for every query, each (queries, texts): positive where the text helped log p.

    With $g_q$ of $-\log p$ and $g_i$ of a text's loss, each at θ_ft or θ_pt, and λ a share of each layer's mean
    eigenvalue:

    - `full`:
      $\alpha\, g_q(\theta_{ft})^\top (\hat G_{ft} + \alpha)^{-1} (\hat G_{pt} + \lambda)^{-1} g_i(\theta_{pt})$;
      `alpha X`: the same with another α in it, the model being that of the first;
    - `without_tuned`: $(\hat G_{ft} + \alpha)^{-1}\alpha$ left out, the limit α → ∞ at these gradients;
    - `without_pretrained`: $(\hat G_{pt} + \lambda)^{-1}$ left out, as in the public benchmark; `dot`: both left out;
    - `wrong`: $g_q(\theta_{ft})^\top (\hat G_{pt} + \lambda)^{-1} g_i(\theta_{ft})$, as if the
      fine-tuned model had been trained on the texts last;
    - `single`: $g_q(\theta_{pt})^\top (\hat G_{pt} + \lambda)^{-1} g_i(\theta_{pt})$, which knows no stage two.

    Args:
        queries: token gradients of −log p at θ_ft.
        before: the same at θ_pt.
        texts: token gradients of the texts' losses at θ_pt.
        after: the same at θ_ft.
        tuned: factors of fine-tuning's mean loss at θ_ft.
        pretrained: factors of pre-training's mean loss at θ_pt.
        alpha: of fine-tuning.
        others: further α.
        share: λ as a share of the mean eigenvalue of a layer.
    """
    total: dict[str, Tensor] = {}
    for name, layer in pretrained.items():
        one = {name: layer}
        found = _carried(_only(queries, name), tuned[name], layer, alpha, others)
        plain, own = (_gradients(rotated(_only(each, name), one), name) for each in (queries, before))
        directions = {key: solve(value, layer.ekfac, share) for key, value in found.items()}
        directions |= {"without_pretrained": found["full"], "dot": plain}
        directions |= {"without_tuned": solve(plain, layer.ekfac, share), "single": solve(own, layer.ekfac, share)}
        scores = _scores(directions, rotated(_only(texts, name), one), name)
        scores |= _scores({"wrong": directions["without_tuned"]}, rotated(_only(after, name), one), name)
        total = {key: total[key] + value if total else value for key, value in scores.items()}
    return total


def two_stage_influence(
    queries: TokenGradients,
    texts: TokenGradients,
    tuned: dict[str, LayerFactors],
    pretrained: dict[str, LayerFactors],
    alpha: float,
    share: float = GROSSE_SHARE,
) -> Tensor:
    r"""The full formula alone, shape (queries, texts): what `two_stage_scores` gives, in fewer operations."""
    total: list[Tensor] = []
    for name, layer in pretrained.items():
        carried = _carried(_only(queries, name), tuned[name], layer, alpha, ())["full"]
        directions = {"full": solve(carried, layer.ekfac, share)}
        total.append(_scores(directions, rotated(_only(texts, name), {name: layer}), name)["full"])
    return torch.stack(total).sum(dim=0)


def decided_directions(factors: dict[str, LayerFactors], alpha: float) -> float:
    r"""$\sum \Lambda/(\Lambda + \alpha)$: in how many directions fine-tuning, not its start, decides where θ ends."""
    return sum(float((values / (values + alpha)).sum()) for values in (f.ekfac.eigenvalues for f in factors.values()))


def factor_megabytes(factors: dict[str, LayerFactors]) -> float:
    """What the bases and eigenvalues of one stage hold in memory, in 10⁶ bytes."""
    held = (part for f in factors.values() for part in (f.ekfac.a_basis, f.ekfac.s_basis, f.ekfac.eigenvalues))
    return sum(part.numel() * part.element_size() for part in held) / 1e6


def _carried(
    queries: TokenGradients, tuned: LayerFactors, pretrained: LayerFactors, alpha: float, others: Sequence[float]
) -> dict[str, Tensor]:
    r"""$\alpha(\hat G_{ft} + \alpha)^{-1} g_q$ in the basis of stage one, (queries, outputs, inputs), by variant."""
    (name,) = queries.inputs
    gradients = _gradients(rotated(queries, {name: tuned}), name)
    turn_s = pretrained.ekfac.s_basis.T @ tuned.ekfac.s_basis
    turn_a = tuned.ekfac.a_basis.T @ pretrained.ekfac.a_basis
    strengths = {"full": alpha} | {f"alpha {other:g}": other for other in others}
    return {
        key: turn_s @ (gradients * (each / (tuned.ekfac.eigenvalues + each))) @ turn_a
        for key, each in strengths.items()
    }


def _scores(directions: dict[str, Tensor], texts: TokenGradients, name: str) -> dict[str, Tensor]:
    stacked = torch.stack(list(directions.values())).flatten(2)  # (variants, queries, outputs · inputs)
    parts = [
        stacked @ _gradients(texts, name, range(first, min(first + TEXTS_AT_ONCE, len(texts)))).flatten(1).T
        for first in range(0, len(texts), TEXTS_AT_ONCE)
    ]
    return dict(zip(directions, torch.cat(parts, dim=-1), strict=True))


def _only(tokens: TokenGradients, name: str) -> TokenGradients:
    return TokenGradients({name: tokens.inputs[name]}, {name: tokens.outputs[name]}, tokens.starts)


def _gradients(tokens: TokenGradients, name: str, rows: Sequence[int] | None = None) -> Tensor:
    return torch.stack([tokens.gradient(name, row) for row in (range(len(tokens)) if rows is None else rows)])
