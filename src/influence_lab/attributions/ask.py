"""Influence of the reader's texts on the reader's questions, with memory that does not grow with the texts."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from influence_lab.attributions.kronfluence_stages import aggregate_lambda, eigendecompose, fit_covariance, fit_lambda
from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.language_scores import METHODS, gradient_methods, gradient_products
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.token_gradients import TokenGradients, token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.models.causal_lm import Tail

Array = np.ndarray
WANTED = ("ekfac", "cosine")


def fit_ekfac(
    tail: Tail, layers: dict[str, nn.Linear], train: SequenceDataset, target: Path, batch_size: int, seed: int
) -> None:
    """EK-FAC of the mean loss over the training texts by kronfluence's stages, into the folder `target`.

    Args:
        tail: the blocks that are not frozen.
        layers: that are attributed.
        train: the texts, candidates left out.
        target: the folder that `language_factors.read_factors` reads.
        batch_size: texts at once.
        seed: of the sampled labels.
    """
    task, how = LanguageTask(layers), {"batch_size": batch_size, "seed": seed}
    with TemporaryDirectory() as directory:
        covariance, eigen, fitted = (Path(directory) / name for name in ("covariance", "eigen", "lambda"))
        fit_covariance(tail, task, train, covariance, **how)
        eigendecompose(tail, task, [covariance], eigen, train.weights.dtype)
        fit_lambda(tail, task, train, eigen, fitted, **how)
        aggregate_lambda(tail, task, eigen, [fitted], target)


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
