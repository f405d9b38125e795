"""Scores of candidate texts for the questions of a target, by all strategies, and what each strategy takes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.language_scores import gradient_scores
from influence_lab.attributions.metering import Cost, metered
from influence_lab.attributions.small_gpt_scores import Scored, attributed_layers, fit_factors, retrieval_scores
from influence_lab.attributions.token_gradients import TokenGradients, token_gradients
from influence_lab.attributions.two_stage_ekfac import (
    pretrained_solve,
    query_gradient,
    text_scores,
    two_stage_scores,
)
from influence_lab.data.selection_pool import SelectionWorld, question_sequences, text_sequences
from influence_lab.data.sequence_dataset import token_dataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT

Array = np.ndarray
RETRIEVAL = ("tfidf", "bm25", "embedding")
AT_BASE, AT_POOL = "ekfac_base", ("cosine", "ekfac", "two_stage")
STRATEGIES = ("random", *RETRIEVAL, AT_BASE, *AT_POOL, "oracle")


@dataclass(frozen=True)
class Reference:
    r"""The models that the strategies look at.

    Attributes:
        base: before any choice.
        first: after stage one on the whole pool.
        second: after stage two from there.
        first_alpha: α₁, the proximity of stage one, which is the damping of its curvature.
        second_alpha: α₂ of stage two.
        training: what stages one and two took.
    """

    base: SmallGPT
    first: SmallGPT
    second: SmallGPT
    first_alpha: float
    second_alpha: float
    training: tuple[Cost, Cost]


def selection_scores(world: SelectionWorld, reference: Reference, seed: int) -> Scored:
    """Scores by strategy, each (questions given, texts of the pool); the larger, the sooner a text is chosen.

    Args:
        world: the pool and the questions.
        reference: the models.
        seed: of random scores, of the oracle's ties and of the labels that curvature is fitted to.
    """
    retrieved = retrieval_scores(reference.base, world.pool["text"].tolist(), world.given, seed)
    ties = np.random.default_rng([seed, 1]).random((len(world.given), len(world.pool)))
    done = {name: (found, retrieved.costs[name]) for name, found in retrieved.scores.items()}
    done |= {"oracle": metered(lambda: carriers(world) + 1e-3 * ties)} | _by_gradients(world, reference, seed)
    return Scored({name: done[name][0] for name in STRATEGIES}, {name: done[name][1] for name in STRATEGIES})


def carriers(world: SelectionWorld) -> Array:
    """1 where a text states what the question asks for, the compound first; shape (questions, texts)."""
    forward = (world.pool["kind"] == "forward").to_numpy()
    return np.array([forward & (world.pool["carries"] == compound).to_numpy() for compound in world.targets], float)


def single_stage_scores(
    queries: TokenGradients, texts: TokenGradients, factors: dict[str, LayerFactors], damping: float
) -> Array:
    r"""$\nabla(-f)^\top (\hat G + \lambda)^{-1} \nabla L_i$ with one λ for all layers, shape (queries, texts)."""
    directions = (pretrained_solve(query_gradient(queries, row), factors, 0.0, damping) for row in range(len(queries)))
    return torch.stack([text_scores(direction, texts) for direction in directions]).numpy()


def text_gradient_norms(model: SmallGPT, texts: Sequences) -> Array:
    """The norm of each text's gradient in the weights and biases of all linear layers, shape (n,)."""
    tokens = token_gradients(model, attributed_layers(model, ""), token_dataset(texts))
    squares = [
        sum(tokens.gradient(layer, text).square().sum().item() for layer in tokens.outputs)
        for text in range(len(texts))
    ]
    return np.sqrt(squares)


def _by_gradients(world: SelectionWorld, reference: Reference, seed: int) -> dict[str, tuple[Array, Cost]]:
    """Scores that need gradients, with all that they take from the base model on."""
    pool, given = text_sequences(world.pool["text"].tolist()), question_sequences(world.given, end=False)
    lessons = question_sequences(world.lessons, end=True)
    base = _Look(reference.base, pool, given, pool, seed)
    first = _Look(reference.first, pool, given, pool, seed)
    second = _Look(reference.second, lessons, given, lessons, seed)
    on_pool, on_lessons = reference.training
    alphas = reference.second_alpha, 0.0, reference.first_alpha

    def scored(work: Callable[[], Array], *before: Cost) -> tuple[Array, Cost]:
        found, cost = metered(work)
        for earlier in before:
            cost = cost.after(earlier)
        return found, cost

    return {
        AT_BASE: scored(
            lambda: single_stage_scores(base.queries, base.texts, base.factors, reference.first_alpha),
            base.passes,
            base.fitting,
        ),
        "cosine": scored(
            lambda: gradient_scores("cosine", first.queries, first.texts, first.factors).numpy(), on_pool, first.passes
        ),
        "ekfac": scored(
            lambda: single_stage_scores(first.queries, first.texts, first.factors, reference.first_alpha),
            on_pool,
            first.passes,
            first.fitting,
        ),
        "two_stage": scored(
            lambda: two_stage_scores(second.queries, first.texts, second.factors, first.factors, *alphas).numpy(),
            *(on_pool, on_lessons, first.passes, first.fitting, second.passes, second.fitting),
        ),
    }


class _Look:
    """Gradients of texts and queries at one model, and the curvature of a mean loss there."""

    def __init__(self, model: SmallGPT, texts: Sequences, queries: Sequences, fitted: Sequences, seed: int) -> None:
        layers = attributed_layers(model, "")
        (self.texts, self.queries), self.passes = metered(
            lambda: [token_gradients(model, layers, token_dataset(part)) for part in (texts, queries)]
        )
        self.factors, costs = fit_factors(model, layers, token_dataset(fitted), seed)
        self.fitting = costs["ekfac"]
