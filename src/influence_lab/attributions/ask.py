"""Influence of the reader's texts on the reader's questions, with gradients of a part of the texts at a time.

What grows with the texts is what the frozen blocks make of them, n × T × d numbers, which `check_room` looks at first.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.language_scores import METHODS, gradient_methods, gradient_products
from influence_lab.attributions.token_gradients import TokenGradients, token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.models.causal_lm import Tail

Array = np.ndarray
WANTED = ("ekfac", "cosine")


def text_scores(
    tail: Tail,
    layers: dict[str, nn.Linear],
    queries: TokenGradients,
    pieces: Iterable[SequenceDataset],
    factors: dict[str, LayerFactors],
    share: float,
) -> dict[str, Array]:
    r"""Influence and gradient cosine of every text and query, each text's gradient formed once and not kept.

    Args:
        tail: the blocks that are not frozen.
        layers: that are attributed.
        queries: token gradients of $-\log p$ of the completions.
        pieces: all texts, candidates too, a part at a time: gradients are held of one part alone.
        factors: EK-FAC by layer.
        share: λ of a layer as a share of its mean eigenvalue.

    Returns:
        `ekfac`, $\mathcal I = \nabla(-f)^\top (G + \lambda)^{-1} \nabla \mathcal L_i$ with $f = \log p$ of the
        completion (> 0: helped), and `cosine`, of the gradients alone; shape (queries, texts), in the pieces' order.
    """
    wanted = sorted({product for method in WANTED for product in METHODS[method][0]})
    found = []
    for texts in pieces:
        kept = token_gradients(tail, layers, texts)
        found.append(gradient_methods(gradient_products(queries, kept, factors, wanted, share)))
    return {method: torch.cat([scores[method] for scores in found], dim=1).numpy() for method in WANTED}
