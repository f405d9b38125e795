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
from influence_lab.input_errors import InputError
from influence_lab.models.causal_lm import Tail

Array = np.ndarray
WANTED = ("ekfac", "cosine")


def check_room(shape: tuple[int, int], width: int, memory: int) -> None:
    """Check that what the frozen blocks make of the texts can be held, before it is computed.

    It is there twice: once for all texts, and once more for those of the training set and the candidates apart.

    Args:
        shape: (n, T): texts, and positions of the longest one.
        width: d, numbers at each position, of 4 bytes each.
        memory: MB that there are.

    Raises:
        InputError: it is more than that; the message names the sizes and the remedies.
    """
    needed = 2 * 4 * shape[0] * shape[1] * width / 1e6
    if needed > memory:
        raise InputError(
            f"ask.corpus: the hidden states of {shape[0]:,} texts, each with as many positions as the longest "
            f"({shape[1]:,}), of {width:,} numbers, held twice, take {needed:,.0f} MB, and the rule ask_model has "
            f"{memory:,} MB; give fewer texts, split the longest ones (or lower ask.longest, which names them), or, "
            f"where the machine has more memory, add --set-resources ask_model:mem_mb={2 * needed:.0f}"
        )


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
