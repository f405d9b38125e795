"""Both token splits of the texts that matter most to a query, one token a row."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from transformers import AutoTokenizer

from influence_lab.attributions.language_scores import position_scores
from influence_lab.attributions.loss_token_scores import loss_token_scores
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.data.sequences import Sequences
from influence_lab.models.adaptation import only
from influence_lab.models.token_losses import sequence_losses

Array = np.ndarray


def token_table(
    model: nn.Module,
    layers: dict[str, nn.Linear],
    directions: Mapping[int, dict[str, Tensor]],
    inputs: Tensor,
    sequences: Sequences,
    chosen: Mapping[int, Sequence[int]],
) -> pd.DataFrame:
    """Influence of every token of the chosen texts on their queries, by position and by loss token, in float64.

    Args:
        model: maps inputs to logits; changed to float64, because tokens of either sign cancel in a text's influence.
        layers: that are attributed.
        directions: V of each query, by layer.
        inputs: of all n texts.
        sequences: their targets and weights.
        chosen: rows of the texts to look at, by query.

    Returns:
        A row a position: query, text, place; position_score (of the input there), loss_score (of the target there,
        the token after it); score, the text's influence from its whole gradient, the same in all rows of a text.
    """
    model.double()
    tables = []
    for query, wanted in chosen.items():
        rows = np.asarray(wanted)
        texts = SequenceDataset(inputs[rows].double(), sequences[rows])
        direction = {name: V.double() for name, V in directions[query].items()}
        tokens = token_gradients(model, layers, texts)
        by_position = position_scores(direction, tokens).detach().numpy()
        by_loss = loss_token_scores(model, direction, texts).numpy()
        whole = text_scores(model, layers, direction, texts)
        for place, text in enumerate(rows):
            here = tokens.rows(place)
            length = here.stop - here.start
            columns = {"query": query, "text": text, "place": np.arange(length), "score": whole[place]}
            columns |= {"position_score": by_position[here], "loss_score": by_loss[place, :length]}
            tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def text_scores(
    model: nn.Module, layers: dict[str, nn.Linear], direction: dict[str, Tensor], texts: SequenceDataset
) -> Array:
    r"""$\langle V, \nabla L_i \rangle$ from the gradient of each text's summed loss, without its tokens; shape (n,)."""
    weights, found = only(model, layers), []
    for row in range(len(texts)):
        batch = collate([texts[row]])
        loss = sequence_losses(model(batch["inputs"]), batch["targets"], batch["weights"]).sum()
        gradients = torch.autograd.grad(loss, weights)
        found.append(
            sum(float((gradient * direction[name]).sum()) for name, gradient in zip(layers, gradients, strict=True))
        )
    return np.array(found)


def token_names(table: pd.DataFrame, sequences: Sequences, folder: str) -> pd.DataFrame:
    """The table with the columns token, the input at each place, and next_token, the target there, as text."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows, places = table["text"].to_numpy(), table["place"].to_numpy()
    names = {
        column: [tokenizer.decode([token]) for token in ids[rows, places].tolist()]
        for column, ids in (("token", sequences.inputs), ("next_token", sequences.targets))
    }
    return table.assign(**names)
