r"""One gradient step on the texts at the top of a method's list, and what it does to the query.

To first order the step $\theta \to \theta - \eta\sum_i g_i$ changes log p by
$\eta\sum_i \nabla(-\log p)^\top g_i$, which is η times the dot product:
so this rewards the dot product by construction, and cannot rank the methods.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import nn

from influence_lab.attributions.token_gradients import TokenGradients
from influence_lab.data.sequence_dataset import Batch, SequenceDataset, collate
from influence_lab.evaluations.top_removals import top_texts
from influence_lab.models.token_losses import sequence_losses

Array = np.ndarray


@torch.no_grad()
def tail_patch(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    queries: SequenceDataset,
    train: TokenGradients,
    scores: Mapping[str, Array],
    chosen: Sequence[int],
    depth: int,
    rate: float,
    seed: int,
) -> pd.DataFrame:
    r"""Step, measure, step back, for each method and query.

    Args:
        model: maps inputs to logits; as it was again afterwards.
        layers: that take the step.
        queries: all of them.
        train: token gradients of the texts at the model, of these layers.
        scores: by method, shape (m, n).
        chosen: rows of queries.
        depth: texts at the top.
        rate: η.
        seed: draws the order in which texts of equal score come.

    Returns:
        Columns method, query, change (of log p, nats), first_order (η times the sum of the dot products).
    """
    found, kept = [], {name: layer.weight.clone() for name, layer in layers.items()}
    for query in chosen:
        batch = collate([queries[query]])
        before = _loss(model, batch)
        done: dict[tuple[int, ...], float] = {}
        for method, values in scores.items():
            top = top_texts(values[query], depth, seed)
            if top not in done:
                for name, layer in layers.items():
                    layer.weight.copy_(kept[name] - rate * sum(train.gradient(name, text) for text in top))
                done[top] = before - _loss(model, batch)
            first_order = rate * float(scores["dot"][query, list(top)].sum())
            found.append((method, int(query), done[top], first_order))
        for name, layer in layers.items():
            layer.weight.copy_(kept[name])
    return pd.DataFrame(found, columns=["method", "query", "change", "first_order"])


def _loss(model: nn.Module, batch: Batch) -> float:
    return float(sequence_losses(model(batch["inputs"]), batch["targets"], batch["weights"])[0])
