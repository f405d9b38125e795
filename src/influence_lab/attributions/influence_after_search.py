"""Influence of a few chosen texts on a query, with gradients computed for these alone."""

from collections.abc import Mapping
from time import process_time

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from influence_lab.attributions.language_factors import LayerFactors, solve
from influence_lab.attributions.token_gradients import TokenGradients, token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.models.language_states import sequences_of

Array = np.ndarray


def chosen(states: Mapping[str, Array], split: str, rows: Array) -> SequenceDataset:
    """Some texts of a split as the tail's inputs."""
    return SequenceDataset(torch.from_numpy(states[f"{split}_states"][rows]), sequences_of(states, split)[rows])


def preconditioned(queries: TokenGradients, row: int, factors: dict[str, LayerFactors]) -> dict[str, Tensor]:
    r"""$C\nabla f$ of one query by layer, damped EK-FAC, shape (outputs, inputs), in the model's own coordinates."""
    found = {}
    for name, layer in factors.items():
        a_basis, s_basis = layer.ekfac.a_basis, layer.ekfac.s_basis
        inside = s_basis.T @ queries.gradient(name, row) @ a_basis
        found[name] = s_basis @ solve(inside, layer.ekfac) @ a_basis.T
    return found


def text_scores(query: dict[str, Tensor], texts: TokenGradients) -> Tensor:
    r"""$\sum_t \mathcal{D}s_t^\top (C\nabla f)\,a_t$ of each text, all layers, shape (texts,)."""
    by_token = torch.stack([((texts.outputs[name] @ query[name]) * texts.inputs[name]).sum(dim=1) for name in query])
    text = torch.repeat_interleave(torch.arange(len(texts)), texts.starts.diff())
    return torch.zeros(len(texts), dtype=by_token.dtype).index_add_(0, text, by_token.sum(dim=0))


def timed_scores(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    states: Mapping[str, Array],
    queries: TokenGradients,
    rows: Array,
    found: Array,
    factors: dict[str, LayerFactors],
) -> tuple[Array, pd.DataFrame]:
    """Influence of the texts that a search found on each query, and what that takes beside a pass over all texts.

    Args:
        model: maps states to logits.
        layers: linear layers by name.
        states: of all texts, split `train`.
        queries: gradients of all queries.
        rows: the queries that are scored.
        found: texts for each of them, shape (len(rows), count).
        factors: EK-FAC by layer.

    Returns:
        Scores of shape (len(rows), count), and a table with the columns what (found, all), texts, tokens and seconds
        (of processor time): gradients of the texts and their scores for one query.
    """
    scores, costs = np.empty(found.shape), []
    everything = np.arange(len(states["train_inputs"]))
    for place, texts in enumerate([*found, everything]):
        query = preconditioned(queries, int(rows[min(place, len(rows) - 1)]), factors)
        start = process_time()
        gradients = token_gradients(model, layers, chosen(states, "train", texts))
        values = text_scores(query, gradients)
        what = "found" if place < len(rows) else "all"
        costs.append((what, len(texts), int(gradients.starts[-1]), process_time() - start))
        if what == "found":
            scores[place] = values.numpy()
    return scores, pd.DataFrame(costs, columns=["what", "texts", "tokens", "seconds"])
