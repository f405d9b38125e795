"""Small GPTs side by side: parameters by name, each with a first axis of M models."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT

Parameters = dict[str, Tensor]


def stack(models: Sequence[Parameters]) -> Parameters:
    """Parameters of M models as one tensor a name."""
    return {name: torch.stack([model[name].detach() for model in models]) for name in models[0]}


def stacked_logits(model: SmallGPT) -> Callable[[Parameters, Tensor], Tensor]:
    """Logits (M, B, T, V) as a function of stacked parameters and inputs (M, B, T); `model` gives the shape only."""
    return vmap(lambda parameters, inputs: functional_call(model, parameters, (inputs,)))


def flattened(parameters: Parameters) -> tuple[Tensor, Callable[[Tensor], Parameters]]:
    """A copy of stacked parameters as one tensor (M, p), and the function that views such a tensor by name.

    It takes tensors of any number of models.
    """
    shapes = {name: values.shape[1:] for name, values in parameters.items()}
    flat = torch.cat([values.flatten(1) for values in parameters.values()], dim=1)

    def by_name(values: Tensor) -> Parameters:
        parts = values.split([shape.numel() for shape in shapes.values()], dim=1)
        return {name: part.view(-1, *shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}

    return flat, by_name


def token_log_probabilities(logits: Tensor, targets: Tensor) -> Tensor:
    """Log p of targets (..., T) under logits (..., T, V); shape (..., T)."""
    return logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]


def text_log_probabilities(model: SmallGPT, parameters: Parameters, texts: Sequences) -> Tensor:
    """Log p of each of B texts under each of M models, summed over the tokens that count; shape (M, B).

    Args:
        model: gives the shape only.
        parameters: stacked.
        texts: B texts or queries.
    """
    models = len(next(iter(parameters.values())))
    inputs, targets, weights = (torch.as_tensor(values).expand(models, -1, -1) for values in vars(texts).values())
    tokens = token_log_probabilities(stacked_logits(model)(parameters, inputs), targets)  # (M, B, T)
    return (tokens * weights.to(tokens.dtype)).sum(-1)
