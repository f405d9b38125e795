r"""The second stage of a language model: fine-tuning on answered questions, held near where stage one has led."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from influence_lab.data.encoding import Tokenizer, encode_queries
from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.data.sequences import Sequences
from influence_lab.models.adaptation import Adaptation, adapt, by_length, losses, only
from influence_lab.models.causal_lm import layers_named
from influence_lab.models.completions import completions
from influence_lab.models.language_states import set_weights
from influence_lab.models.token_losses import sequence_losses

Array = np.ndarray
Weights = Mapping[str, Array]


def question_sequences(tokenizer: Tokenizer, questions: pd.DataFrame, context: int) -> dict[str, Sequences]:
    """The questions of each split, of which the answers' tokens alone count.

    Where an answer is learned, or would be, a full stop ends it; in a query it does not count.

    Raises:
        EmptyTextError, TooLongError: a question cannot be encoded; the message names it.
    """
    found = {}
    for split, part in questions.groupby("split", sort=False):
        stop = "" if split == "query" else "."
        answers = [f" {answer}{stop}" for answer in part["answer"]]
        found[str(split)] = encode_queries(tokenizer, list(part["prompt"]), answers, list(part["id"]), context)
    return found


class Tuned(NamedTuple):
    """What fine-tuning has led to.

    Attributes:
        weights: θ_ft by layer.
        history: columns epoch, split, loss (nats a token).
        facts: `moved`, ‖θ_ft − θ_pt‖; `gradient_before` and `gradient_after`, the norm of the objective's gradient,
            at a minimum 0.
    """

    weights: dict[str, Array]
    history: pd.DataFrame
    facts: dict[str, float]


def tune(model: nn.Module, layers: dict[str, nn.Linear], data: Mapping[str, SequenceDataset], how: Adaptation) -> Tuned:
    r"""Minimise $\frac1n\sum_j L_j(\theta) + \frac\alpha2\|\theta - \theta_{pt}\|^2$ over the layers. In place.

    Args:
        model: maps the datasets' inputs to logits.
        layers: what is trained, at θ_pt.
        data: the pairs as `tuning`; the loss of the others is followed.
        how: epochs, batch size, learning rate, seed, and α as the proximity.
    """
    start = {name: layer.weight.detach().clone() for name, layer in layers.items()}
    before = gradient_norm(model, layers, data["tuning"], start, how.proximity)
    followed = {split: each for split, each in data.items() if split != "tuning"}
    history = adapt(model, layers, data["tuning"], followed, how)
    after = gradient_norm(model, layers, data["tuning"], start, how.proximity)
    moved = sum(float((layer.weight.detach() - start[name]).square().sum()) for name, layer in layers.items()) ** 0.5
    return Tuned(weights_of(layers), history, {"moved": moved, "gradient_before": before, "gradient_after": after})


def weights_of(layers: Mapping[str, nn.Linear]) -> dict[str, Array]:
    """A copy of the layers' weights."""
    return {name: layer.weight.detach().numpy().copy() for name, layer in layers.items()}


def gradient_norm(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    data: SequenceDataset,
    start: Mapping[str, Tensor],
    alpha: float,
    batch_size: int = 16,
) -> float:
    r"""$\|\nabla\frac1n\sum_j L_j(\theta) + \alpha(\theta - \theta_{pt})\|$ over the layers' weights.

    Args:
        model: maps inputs to logits.
        layers: by name.
        data: the n texts.
        start: θ_pt by layer.
        alpha: α.
        batch_size: texts at once.
    """
    weights = only(model, layers)
    total = [alpha * (layer.weight.detach() - start[name]) for name, layer in layers.items()]
    for rows in by_length(data).split(batch_size):
        batch = collate([data[int(row)] for row in rows])
        loss = sequence_losses(model(batch["inputs"]), batch["targets"], batch["weights"]).sum() / len(data)
        parts = torch.autograd.grad(loss, weights)
        total = [each + part for each, part in zip(total, parts, strict=True)]
    return float(sum(each.square().sum() for each in total) ** 0.5)


def stage_losses(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    data: Mapping[str, SequenceDataset],
    stages: Mapping[str, Weights],
) -> dict[str, Array]:
    """Losses of every dataset with the weights of every stage: `SPLIT_STAGE`, shape (n,), nats a text.

    The model has the weights of the last stage afterwards.
    """
    found = {}
    for stage, weights in stages.items():
        set_weights(layers, weights)
        found |= {f"{split}_{stage}": losses(model, each).numpy() for split, each in data.items()}
    return found


def stage_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    stages: Mapping[str, Weights],
    tokens: int,
) -> pd.DataFrame:
    """Greedy answers to every prompt with the weights of every stage: columns prompt and one a stage.

    Args:
        model: the whole model; its layers are changed in place.
        tokenizer: its tokenizer.
        prompts: what is asked.
        stages: weights by the layers' names in the tail, in the order of the columns.
        tokens: most tokens of an answer.
    """
    answers = {}
    for stage, weights in stages.items():
        set_weights(layers_named(model, weights), weights)
        answers[stage] = completions(model, tokenizer, list(prompts), tokens)
    return pd.DataFrame({"prompt": list(prompts)} | answers)
