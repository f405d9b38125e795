r"""Influence of sentences and tokens on a small GPT, against what refitting with them up-weighted really does."""

import numpy as np
import torch
from torch import Tensor
from torch.func import grad, jacrev

from influence_lab.attributions.language_scores import position_scores
from influence_lab.attributions.loss_token_scores import loss_token_scores
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.anchored_gpt import Anchored, by_name
from influence_lab.models.held_newton import solve

Array = np.ndarray


def checks(held: Anchored, queries: Sequences, epsilon: float) -> dict[str, Array]:
    """Everything that the page checks on a model small enough for exact curvature.

    Args:
        held: model and texts.
        queries: prompts with completions; tokens are measured on the first.
        epsilon: of the central differences.

    Returns:
        What `sum_errors` (as `sum_errors`), `token_effects`, `layer_splits` (as `position_LAYER` and `loss_LAYER`) and
        `benchmark_influence` (as `on_mean` and `mean_of`) give.
    """
    factor = held.factor()
    found = {"sum_errors": sum_errors(held)} | token_effects(held, factor, queries[:1], epsilon)
    for layer, (by_position, by_loss) in layer_splits(held, factor, queries[:1]).items():
        found |= {f"position_{layer}": by_position, f"loss_{layer}": by_loss}
    on_mean, mean_of = benchmark_influence(held, factor, queries)
    return found | {"on_mean": on_mean, "mean_of": mean_of}


def sum_errors(held: Anchored) -> Array:
    """Relative distance of the gradient of each text's summed loss to the sum of its tokens' gradients, shape (n,).

    The first is one derivative of the sum, the second as many derivatives as there are tokens, in float64.
    """
    errors = []
    for row in range(len(held.texts)):
        text = held.texts[slice(row, row + 1)]
        whole = grad(lambda theta, text=text: held.losses(theta, text).sum())(held.theta)
        single = [
            grad(lambda theta, text=text, place=place: held.losses(theta, text)[0, place])(held.theta)
            for place in np.flatnonzero(text.weights[0]).tolist()
        ]
        errors.append(float((whole - torch.stack(single).sum(dim=0)).norm() / whole.norm()))
    return np.array(errors)


def token_effects(held: Anchored, factor: Tensor, query: Sequences, epsilon: float) -> dict[str, Array]:
    r"""The token formula of the blog beside what it stands for.

    Args:
        held: model and texts.
        factor: of its curvature.
        query: one sequence; $f = \log p$ of its completion.
        epsilon: of the central difference.

    Returns:
        For every token that counts, text by text: `formula`, $+\nabla f^\top (G + \lambda)^{-1} \nabla \log p(z_t)$,
        and `measured`, $(f(\theta_{+\varepsilon}) - f(\theta_{-\varepsilon}))/2\varepsilon$ with $\theta_\varepsilon$
        the optimum where the loss of that token is up-weighted by ε. `text`: the text of each. For every text
        `text_formula`,
        $-\nabla f^\top (G + \lambda)^{-1} \nabla L_i$, and `text_measured`, with all of its tokens up-weighted.
    """
    counted = np.argwhere(held.texts.weights > 0)
    losses = jacrev(lambda theta: held.losses(theta, held.texts))(held.theta)  # (n, T, p)
    solved = solve(factor, _gradient(held, query))
    log_p_gradients = -losses[counted[:, 0], counted[:, 1]]

    def effect(chosen: tuple) -> float:
        """F's central difference where the losses of the chosen tokens are up-weighted."""
        moved = [
            held.moved(lambda theta: held.losses(theta, held.texts)[chosen].sum(), sign * epsilon, factor)
            for sign in (1, -1)
        ]
        up, down = (-held.losses(theta, query).sum() for theta in moved)
        return float((up - down) / (2 * epsilon))

    return {
        "text": counted[:, 0],
        "formula": (log_p_gradients @ solved).numpy(),
        "measured": np.array([effect((int(row), int(place))) for row, place in counted]),
        "text_formula": -(losses.sum(dim=1) @ solved).numpy(),
        "text_measured": np.array([effect((row,)) for row in range(len(held.texts))]),
    }


def layer_splits(held: Anchored, factor: Tensor, query: Sequences) -> dict[str, tuple[Array, Array]]:
    """Both token splits in each linear layer alone: name to (by position, by loss token), each of shape (n, T)."""
    names = [name for name, module in held.model.named_modules() if isinstance(module, torch.nn.Linear)]
    layers = {name: held.model.get_submodule(name) for name in names}
    solved = -solve(factor, _gradient(held, query))
    parts = by_name(held.model, solved)
    data = SequenceDataset(torch.from_numpy(held.texts.inputs), held.texts)
    data.weights = data.weights.double()
    tokens, splits = token_gradients(held.model, layers, data), {}
    held.model.requires_grad_(False)
    for name in names:
        bias = [parts[f"{name}.bias"][:, None]] if f"{name}.bias" in parts else []
        direction = {name: torch.cat([parts[f"{name}.weight"], *bias], dim=1)}
        by_position = torch.zeros_like(data.weights)
        scores = position_scores(direction, tokens)
        for row in range(len(tokens)):
            rows = tokens.rows(row)
            by_position[row, : rows.stop - rows.start] = scores[rows]
        splits[name] = by_position.numpy(), loss_token_scores(held.model, direction, data).numpy()
    return splits


def benchmark_influence(held: Anchored, factor: Tensor, queries: Sequences) -> tuple[Array, Array]:
    r"""Influence of every text on the mean of f over the queries, and the mean over the queries of the influences.

    The first is one gradient, of the mean, and one solve; the second one of each for every query.
    """
    losses = jacrev(lambda theta: held.losses(theta, held.texts).sum(dim=1))(held.theta)  # (n, p)
    mean = grad(lambda theta: -held.losses(theta, queries).sum() / len(queries))(held.theta)
    single = [-losses @ solve(factor, _gradient(held, queries[slice(row, row + 1)])) for row in range(len(queries))]
    return (-losses @ solve(factor, mean)).numpy(), torch.stack(single).mean(dim=0).numpy()


def _gradient(held: Anchored, query: Sequences) -> Tensor:
    return grad(lambda theta: -held.losses(theta, query).sum())(held.theta)
