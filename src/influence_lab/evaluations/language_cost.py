"""What EK-FAC influence takes as the corpus and the model grow: kronfluence on randomly initialised Llamas."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import pandas as pd
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from influence_lab.attributions.kronfluence_stages import (
    aggregate_lambda,
    eigendecompose,
    fit_covariance,
    fit_lambda,
    pairwise_scores,
)
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import pack
from influence_lab.models.causal_lm import Tail, linear_layers, states_at

VOCABULARY = 2048  # small, so that the blocks and not the unembedding decide the time
HEAD = 64  # width of an attention head, as in SmolLM2


@dataclass(frozen=True)
class CostPlan:
    """What is measured. The corpus grows at the second width, the model with the first number of texts."""

    texts: list[int]
    tokens: int  # of a text
    widths: list[int]
    depth: int
    queries: int
    repeats: int
    seed: int


def growth_cost(plan: CostPlan) -> pd.DataFrame:
    """Processor time and memory of each stage of kronfluence.

    Returns:
        Columns texts, tokens (of all texts), width, weights (of the attributed layers), repeat, stage (covariance,
        eigen, lambda, scores of kronfluence; gradients, our own pass), seconds, and peak_mb (of the process so far, so
        that it only grows).
    """
    sizes = [(count, plan.widths[1]) for count in plan.texts] + [(plan.texts[0], width) for width in plan.widths]
    rows = []
    for texts, width in dict.fromkeys(sizes):
        for repeat in range(plan.repeats):
            tail, layers, data, queries = random_problem(plan, texts, width)
            weights = sum(layer.weight.numel() for layer in layers.values())
            timed = stage_seconds(tail, LanguageTask(layers), data, queries) | gradient_seconds(tail, layers, data)
            for stage, seconds in timed.items():
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                rows.append((texts, texts * plan.tokens, width, weights, repeat, stage, seconds, peak))
    return pd.DataFrame(rows, columns=["texts", "tokens", "width", "weights", "repeat", "stage", "seconds", "peak_mb"])


def random_problem(
    plan: CostPlan, texts: int, width: int
) -> tuple[Tail, dict[str, nn.Linear], SequenceDataset, SequenceDataset]:
    """A random Llama in SmolLM2's proportions, its MLP layers, random texts and random queries."""
    torch.manual_seed(plan.seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=width,
            intermediate_size=8 * width // 3,
            num_hidden_layers=plan.depth,
            num_attention_heads=width // HEAD,
            num_key_value_heads=1,
            max_position_embeddings=plan.tokens + 1,
            pad_token_id=0,
            attn_implementation="eager",
        )
    ).eval()
    rng = np.random.default_rng(plan.seed)
    data = []
    for count in (texts, plan.queries):
        tokens = rng.integers(1, VOCABULARY, (count, plan.tokens + 1)).tolist()
        sequences = pack(tokens, [1] * count, plan.tokens + 1, [str(row) for row in range(count)], 0)
        data.append(SequenceDataset(states_at(model, 0, torch.from_numpy(sequences.inputs)), sequences))
    tail = Tail(model, 0)
    return tail, linear_layers(tail, 0, "mlp"), *data


def stage_seconds(
    model: nn.Module, task: LanguageTask, data: SequenceDataset, queries: SequenceDataset
) -> dict[str, float]:
    """Processor time of each stage, in one partition; scores for all queries at once, in full rank."""
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(stage: str) -> Iterator[None]:
        start = process_time()
        yield
        seconds[stage] = process_time() - start

    with TemporaryDirectory() as directory:
        folder = Path(directory)
        with timed("covariance"):
            fit_covariance(model, task, data, folder / "covariance")
        with timed("eigen"):
            eigendecompose(model, task, [folder / "covariance"], folder / "eigen", torch.float32)
        with timed("lambda"):
            fit_lambda(model, task, data, folder / "eigen", folder / "lambda")
            aggregate_lambda(model, task, folder / "eigen", [folder / "lambda"], folder / "factors")
        with timed("scores"):
            pairwise_scores(model, task, queries, data, folder / "factors")
    return seconds


def gradient_seconds(model: nn.Module, layers: dict[str, nn.Linear], data: SequenceDataset) -> dict[str, float]:
    """Processor time of one pass forward and backward that keeps token gradients: nothing to start, nothing to read."""
    start = process_time()
    token_gradients(model, layers, data)
    return {"gradients": process_time() - start}


def rank_cost(ranks: list[int], shape: tuple[int, int], texts: int, tokens: int, seed: int) -> pd.DataFrame:
    """Processor time and numbers held of one query's inner products with texts, one layer, at several ranks.

    Args:
        ranks: 0 stands for the full matrix.
        shape: outputs and inputs of the layer.
        texts: texts.
        tokens: of each text.
        seed: draws vectors.

    Returns:
        Columns rank (0: full), numbers (of the query's gradient), microseconds (for a text, the least of twenty).
    """
    generator = torch.Generator().manual_seed(seed)
    outputs, inputs = (torch.randn(texts * tokens, size, generator=generator) for size in shape)
    matrix = torch.randn(*shape, generator=generator)
    rows = []
    for rank in [*ranks, 0]:
        left, right = (torch.randn(size, max(rank, 1), generator=generator) for size in shape)
        times = []
        for _ in range(20):
            start = process_time()
            if rank:
                ((outputs @ left) * (inputs @ right)).sum(dim=1)
            else:
                ((outputs @ matrix) * inputs).sum(dim=1)
            times.append(process_time() - start)
        rows.append((rank, sum(shape) * rank if rank else shape[0] * shape[1], 1e6 * min(times) / texts))
    return pd.DataFrame(rows, columns=["rank", "numbers", "microseconds"])
