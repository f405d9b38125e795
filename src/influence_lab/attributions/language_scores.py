r"""Scores of every training text for every query, by all methods that need gradients, from kept token gradients."""

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from influence_lab.attributions.language_factors import GROSSE_SHARE, LayerFactors, rotated, solve
from influence_lab.attributions.token_gradients import TokenGradients
from influence_lab.curvature.ekfac import EigenFactors

TEXTS_AT_ONCE = 16  # gradients of a layer formed together: 16 × 0.9 million numbers for SmolLM2
PRODUCTS = ("ekfac", "kfac", "dot", "self_ekfac", "step_ekfac", "self_dot", "query_dot")


def gradient_products(
    queries: TokenGradients,
    train: TokenGradients,
    factors: dict[str, LayerFactors],
    wanted: Collection[str] = PRODUCTS,
    share: float = GROSSE_SHARE,
) -> dict[str, Tensor]:
    r"""Inner products of query and training gradients, by layer, in three metrics, with the norms of the training ones.

    Args:
        queries: of $-\log p$ of the completions.
        train: of the texts' losses.
        factors: by layer; their order is that of the layers in what is returned.
        wanted: the products that are computed.
        share: λ of a layer as a share of its mean eigenvalue.

    Returns:
        `ekfac`, `kfac` and `dot`, $g_q^\top C g_i$ with C the damped inverse of either approximation or the identity,
        shape (layers, queries, texts): positive where the text helped. `self_ekfac`, $g_i^\top C g_i$; `step_ekfac`,
        $\|C g_i\|^2$; `self_dot`, $\|g_i\|^2$, shape (layers, texts); `query_dot`, $\|g_q\|^2$, (layers, queries).
    """
    if any("fac" in product for product in wanted):
        queries, train = rotated(queries, factors), rotated(train, factors)
    found: dict[str, list[Tensor]] = {product: [] for product in wanted}
    for name, layer in factors.items():
        asked = queries.gradients(name)
        metrics = {
            metric: (asked if metric == "dot" else solve(asked, getattr(layer, metric), share)).flatten(1)
            for metric in ("ekfac", "kfac", "dot")
            if metric in wanted
        }
        parts: dict[str, list[Tensor]] = {product: [] for product in wanted if product != "query_dot"}
        for first in range(0, len(train), TEXTS_AT_ONCE):
            texts = train.gradients(name, range(first, min(first + TEXTS_AT_ONCE, len(train))))
            for product, pieces in parts.items():
                if product in metrics:
                    pieces.append(metrics[product] @ texts.flatten(1).T)
                else:
                    pieces.append(SQUARES[product](texts, layer.ekfac, share).sum(dim=(1, 2)))
        for product, pieces in parts.items():
            found[product].append(torch.cat(pieces, dim=-1))
        if "query_dot" in found:
            found["query_dot"].append(asked.square().sum(dim=(1, 2)))
    return {product: torch.stack(pieces) for product, pieces in found.items()}


SQUARES: dict[str, Callable[[Tensor, EigenFactors, float], Tensor]] = {  # summed over the entries of a gradient
    "self_ekfac": lambda texts, factors, share: solve(texts, factors, share) * texts,
    "step_ekfac": lambda texts, factors, share: solve(texts, factors, share).square(),
    "self_dot": lambda texts, factors, share: texts.square(),
}
METHODS: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Tensor]], Tensor]]] = {  # what it needs, what it is
    "ekfac": (("ekfac",), lambda of: of["ekfac"]),
    "kfac": (("kfac",), lambda of: of["kfac"]),
    "relatif": (("ekfac", "self_ekfac"), lambda of: of["ekfac"] / of["self_ekfac"].sqrt()),
    "theta_relatif": (("ekfac", "step_ekfac"), lambda of: of["ekfac"] / of["step_ekfac"].sqrt()),
    "dot": (("dot",), lambda of: of["dot"]),
    "cosine": (
        ("dot", "self_dot", "query_dot"),
        lambda of: of["dot"] / (of["self_dot"] * of["query_dot"][:, None]).sqrt(),
    ),
}
NEED_FACTORS = tuple(method for method, (needed, _) in METHODS.items() if any("fac" in product for product in needed))


def gradient_methods(products: dict[str, Tensor]) -> dict[str, Tensor]:
    r"""The methods whose products are there, each of shape (queries, texts).

    EK-FAC and K-FAC are influence on $\log p$; `relatif` divides by $\sqrt{g_i^\top C g_i}$ (ℓ-RelatIF) and
    `theta_relatif` by $\|C g_i\|$ (θ-RelatIF; Barshan et al. 2020); `cosine` is the dot product of unit gradients.
    """
    total = {name: values.sum(dim=0) for name, values in products.items()}
    return {method: formula(total) for method, (needed, formula) in METHODS.items() if total.keys() >= set(needed)}


def gradient_scores(
    method: str,
    queries: TokenGradients,
    train: TokenGradients,
    factors: dict[str, LayerFactors],
    share: float = GROSSE_SHARE,
) -> Tensor:
    """Scores of one method, shape (queries, texts), computing nothing that it does not need: so it can be timed."""
    return gradient_methods(gradient_products(queries, train, factors, METHODS[method][0], share))[method]


def query_direction(
    query: TokenGradients, row: int, factors: dict[str, LayerFactors], share: float = GROSSE_SHARE
) -> dict[str, Tensor]:
    r"""The preconditioned gradient of one query, $V = (G + \lambda)^{-1} \nabla(-\log p)$, by EK-FAC.

    Influence is linear in a text's gradient, $I_i = \langle V, \nabla L_i \rangle$, so V gives it for any part of
    a text, such as one token.

    Returns:
        Shape (outputs, inputs) by layer, in the layers' own bases: $V = Q_S \tilde V Q_A^\top$.
    """
    asked, direction = rotated(query.at([row]), factors), {}
    for name, layer in factors.items():
        solved = solve(asked.gradient(name, 0), layer.ekfac, share)
        direction[name] = layer.ekfac.s_basis @ solved @ layer.ekfac.a_basis.T
    return direction


def position_scores(direction: dict[str, Tensor], texts: TokenGradients) -> Tensor:
    r"""Influence of each position of each text on one query, $\mathcal{D}s_t^\top V a_t$ summed over layers.

    The split of Grosse et al. (2023), Eq. 31: a text's positions sum to its influence.

    Args:
        direction: V of the query by layer, of all layers or of some.
        texts: their token gradients, as they come from the model.

    Returns:
        Shape (tokens,), in the order of `texts`.
    """
    return sum(((texts.outputs[name] @ V) * texts.inputs[name]).sum(dim=1) for name, V in direction.items())
