"""Influence of a few chosen texts on a query, with gradients computed for these alone."""

from collections.abc import Mapping
from time import process_time

import numpy as np
import pandas as pd
import torch
from torch import nn

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.language_scores import position_scores, query_direction
from influence_lab.attributions.token_gradients import TokenGradients, token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.models.language_states import sequences_of

Array = np.ndarray


def chosen(states: Mapping[str, Array], split: str, rows: Array) -> SequenceDataset:
    """Some texts of a split as the tail's inputs."""
    return SequenceDataset(torch.from_numpy(states[f"{split}_states"][rows]), sequences_of(states, split)[rows])


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
        direction = query_direction(queries, int(rows[min(place, len(rows) - 1)]), factors)
        start = process_time()
        gradients = token_gradients(model, layers, chosen(states, "train", texts))
        values = gradients.sums(position_scores(direction, gradients))
        what = "found" if place < len(rows) else "all"
        costs.append((what, len(texts), int(gradients.starts[-1]), process_time() - start))
        if what == "found":
            scores[place] = values.numpy()
    return scores, pd.DataFrame(costs, columns=["what", "texts", "tokens", "seconds"])
