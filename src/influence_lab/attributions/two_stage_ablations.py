r"""Influence of pre-training texts through fine-tuning on the small GPT, and what is left when a part is left out."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from influence_lab.attributions.language_factors import GROSSE_SHARE, LayerFactors
from influence_lab.attributions.small_gpt_scores import attributed_layers, fit_factors
from influence_lab.attributions.token_gradients import TokenGradients, token_gradients
from influence_lab.attributions.two_stage_ekfac import (
    Direction,
    pretrained_solve,
    query_gradient,
    text_scores,
    tuned_solve,
)
from influence_lab.data.sequence_dataset import token_dataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT

Factors = dict[str, LayerFactors]


@dataclass(frozen=True)
class Model:
    """What attribution needs of the small GPT at one of its two sets of parameters.

    Attributes:
        texts: token gradients of the n pre-training texts' losses.
        queries: those of −log p of the m answers.
        corpus: EK-FAC of the mean loss of pre-training.
    """

    texts: TokenGradients
    queries: TokenGradients
    corpus: Factors


@dataclass(frozen=True)
class Damping:
    r"""λ of the pre-training matrix: the weight decay, part of that Hessian, and a share of the mean eigenvalue.

    Attributes:
        decay: the same for all layers.
        share: of each layer's mean eigenvalue.
    """

    decay: float
    share: float = GROSSE_SHARE


@dataclass(frozen=True)
class Stages:
    """What both stages read, and how often labels are sampled for their Fisher information.

    A model sure of its answers samples the same label nearly every time: the gradients of a text sampled once are
    nearly 0, and the rare other labels, which carry the curvature, are missed where texts are few.

    Attributes:
        texts: n of pre-training.
        queries: m.
        tuning: texts of fine-tuning.
        corpus_draws: labels drawn for each token of the texts.
        tuning_draws: for each token of fine-tuning's.
        sketch: rank of the sketches of Gauss-Newton matrices, which changes time and not scores.
        seed: draws them.
    """

    texts: Sequences
    queries: Sequences
    tuning: Sequences
    corpus_draws: int
    tuning_draws: int
    sketch: int
    seed: int


def attributed(model: SmallGPT, stages: Stages) -> Model:
    """Token gradients and factors of all linear layers at the parameters of the pre-trained or the fine-tuned model."""
    texts, queries = (gradients(model, part) for part in (stages.texts, stages.queries))
    return Model(texts, queries, _factors(model, stages.texts, stages.corpus_draws, stages.seed))


def gradients(model: SmallGPT, sequences: Sequences) -> TokenGradients:
    """Token gradients of all linear layers."""
    return token_gradients(model, attributed_layers(model, ""), token_dataset(sequences))


def tuning_factors(model: SmallGPT, stages: Stages) -> Factors:
    """EK-FAC of the mean loss of fine-tuning, at the fine-tuned parameters."""
    return _factors(model, stages.tuning, stages.tuning_draws, stages.seed)


def _factors(model: SmallGPT, sequences: Sequences, draws: int, seed: int) -> Factors:
    repeated = sequences[np.tile(np.arange(len(sequences)), draws)]
    return fit_factors(model, attributed_layers(model, ""), token_dataset(repeated), seed)[0]


def ablations(pretrained: Model, tuned: Model, tuning: Factors, alpha: float, damping: Damping) -> dict[str, Tensor]:
    r"""Scores of every text for every query, each of shape (m, n): positive where the text is said to help.

    With $g_q$ the gradient of −log p, $g_i$ that of a text's loss:

    - `full`: $\alpha\, g_q(\theta_{ft})^\top (G_{ft} + \alpha)^{-1} (G_{pt} + \lambda)^{-1} g_i(\theta_{pt})$
    - `no_pretrained` has no $(G_{pt} + \lambda)^{-1}$, `no_tuned` no $\alpha(G_{ft} + \alpha)^{-1}$, `dot` neither
    - `single_tuned`: $g_q^\top (G_{pt} + \lambda)^{-1} g_i$, all three at $\theta_{ft}$: single-stage influence used
      on the fine-tuned model
    - `single_factors`: $g_q^\top (G_{ft} + \alpha)^{-1} g_i$, all at $\theta_{ft}$: the same with fine-tuning's matrix
    - `single_pretrained`: $g_q^\top (G_{pt} + \lambda)^{-1} g_i$, all at $\theta_{pt}$: the limit α → ∞

    Args:
        pretrained: the model before fine-tuning.
        tuned: after it.
        tuning: EK-FAC of fine-tuning's mean loss at θ_ft.
        alpha: α of the formula.
        damping: λ.
    """

    def second(direction: Direction) -> Direction:
        return tuned_solve(direction, tuning, alpha)

    def first(direction: Direction, factors: Factors) -> Direction:
        return pretrained_solve(direction, factors, damping.share, damping.decay)

    before, after = directions(pretrained.queries), directions(tuned.queries)
    carried = [second(each) for each in after]
    return {
        "full": scored([first(each, pretrained.corpus) for each in carried], pretrained.texts),
        "no_pretrained": scored(carried, pretrained.texts),
        "no_tuned": scored([first(each, pretrained.corpus) for each in after], pretrained.texts),
        "dot": scored(after, pretrained.texts),
        "single_tuned": scored([first(each, tuned.corpus) for each in after], tuned.texts),
        "single_factors": scored(carried, tuned.texts) / alpha,
        "single_pretrained": scored([first(each, pretrained.corpus) for each in before], pretrained.texts),
    }


def directions(queries: TokenGradients) -> list[Direction]:
    """The gradient of each query, by layer."""
    return [query_gradient(queries, row) for row in range(len(queries))]


def scored(found: list[Direction], texts: TokenGradients) -> Tensor:
    """Scores of the texts for each direction, shape (m, n)."""
    return torch.stack([text_scores(each, texts) for each in found])
