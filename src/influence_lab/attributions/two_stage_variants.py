r"""Two-stage influence beside what is left of it when a part is taken away, from one look at every text's gradient."""

from collections.abc import Sequence

import torch
from torch import Tensor

from influence_lab.attributions.language_factors import GROSSE_SHARE, LayerFactors, rotated, solve
from influence_lab.attributions.token_gradients import TokenGradients
from influence_lab.attributions.two_stage_ekfac import carried_queries, direction_scores


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
    names = ["full", *(f"alpha {other:g}" for other in others)]
    for name, layer in pretrained.items():
        one = {name: layer}
        found = dict(zip(names, carried_queries(queries.only(name), tuned[name], layer, [alpha, *others]), strict=True))
        plain, own = (rotated(each.only(name), one).gradients(name) for each in (queries, before))
        directions = {key: solve(value, layer.ekfac, share) for key, value in found.items()}
        directions |= {"without_pretrained": found["full"], "dot": plain}
        directions |= {"without_tuned": solve(plain, layer.ekfac, share), "single": solve(own, layer.ekfac, share)}
        stacked = direction_scores(torch.stack([*directions.values()]), rotated(texts.only(name), one), name)
        scores = dict(zip(directions, stacked, strict=True))
        (scores["wrong"],) = direction_scores(directions["without_tuned"][None], rotated(after.only(name), one), name)
        total = {key: total[key] + value if total else value for key, value in scores.items()}
    return total


def decided_directions(factors: dict[str, LayerFactors], alpha: float) -> float:
    r"""$\sum \Lambda/(\Lambda + \alpha)$: in how many directions fine-tuning, not its start, decides where θ ends."""
    return sum(float((values / (values + alpha)).sum()) for values in (f.ekfac.eigenvalues for f in factors.values()))


def factor_megabytes(factors: dict[str, LayerFactors]) -> float:
    """What the bases and eigenvalues of one stage hold in memory, in 10⁶ bytes."""
    held = (part for f in factors.values() for part in (f.ekfac.a_basis, f.ekfac.s_basis, f.ekfac.eigenvalues))
    return sum(part.numel() * part.element_size() for part in held) / 1e6
