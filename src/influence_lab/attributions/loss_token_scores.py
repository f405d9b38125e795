r"""Influence split by loss token: what the loss of each single token of a text does to a query."""

import torch
from torch import Tensor, nn
from torch.func import functional_call, jvp

from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.models.adaptation import by_length
from influence_lab.models.token_losses import token_losses


def loss_token_scores(
    model: nn.Module, direction: dict[str, Tensor], data: SequenceDataset, batch_size: int = 16
) -> Tensor:
    r"""Influence of the loss of each token on one query, $I_t = \langle V, -\nabla \log p(z_t \mid z_{<t}) \rangle$.

    All tokens of all texts come from one derivative forward, of every token's loss in the direction V,
    $I_t = -\frac{d}{ds} \log p(z_t \mid z_{<t}; \theta + sV)$: a pass over the texts a query, and no gradient
    of a token is formed.

    Args:
        model: maps the data's inputs to logits.
        direction: V of the query by layer, shape (outputs, inputs); where a layer has a bias, (outputs, inputs + 1)
            with the bias in the last column, as in `TokenGradients`.
        data: the texts.
        batch_size: texts at once.

    Returns:
        Shape (n, T): entry t belongs to the target at position t, so to the token that comes after the input there; 0
        where no loss counts. Rows sum to the texts' influence.
    """
    tangents = {}
    for name, V in direction.items():
        inputs = model.get_submodule(name).in_features
        tangents[f"{name}.weight"] = V[:, :inputs].contiguous()
        if V.shape[1] > inputs:
            tangents[f"{name}.bias"] = V[:, inputs].contiguous()
    weights = {name: model.get_parameter(name).detach() for name in tangents}
    scores = torch.zeros_like(data.weights)
    with torch.no_grad():
        for rows in by_length(data).split(batch_size):
            batch = collate([data[int(row)] for row in rows])
            change = jvp(lambda values, batch=batch: _token_losses(model, values, batch), (weights,), (tangents,))[1]
            scores[rows, : change.shape[1]] = change
    return scores


def _token_losses(model: nn.Module, weights: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    return token_losses(functional_call(model, weights, (batch["inputs"],)), batch["targets"], batch["weights"])
