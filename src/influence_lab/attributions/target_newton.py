r"""Influence on a target's mean log-probability with the Gauss-Newton matrix itself, of all parameters."""

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad, jvp, vjp

from influence_lab.curvature.conjugate_gradient import conjugate_gradient
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities

Array = np.ndarray


def newton_target_scores(
    model: SmallGPT, texts: Sequences, volumes: Array, target: Sequences, damping: float, tolerance: float
) -> Array:
    r"""$\nabla(-f)^\top (G_\beta + \lambda I)^{-1} \nabla L_i$ for f the target's mean log p, shape (n,).

    $G_\beta$ is the Gauss-Newton matrix of $\frac1n\sum_i \beta_i L_i$. One solve by conjugate gradient; the texts'
    gradients are never formed: a derivative forward along the solution gives all scores.

    Args:
        model: trained with the texts' weights; not changed.
        texts: n.
        volumes: $\beta_i$, shape (n,).
        target: m texts.
        damping: λ: weight decay or proximity of training.
        tolerance: of conjugate gradient, on the relative residual.

    Raises:
        NotSolvedError: conjugate gradient ended above the tolerance.
    """
    parameters = {name: values.detach().double() for name, values in model.named_parameters()}
    stacked, by_name = flattened(stack([parameters]))
    flat = stacked[0]
    inputs = torch.from_numpy(texts.inputs)
    shares = torch.from_numpy(texts.weights * volumes[:, None] / len(texts))[..., None]

    def logits(values: Tensor) -> Tensor:
        return functional_call(model, {name: part[0] for name, part in by_name(values[None]).items()}, (inputs,))

    outputs, back = vjp(logits, flat)
    probabilities = outputs.softmax(-1)

    def product(vector: Array) -> Array:
        direction = torch.from_numpy(vector)
        moved = jvp(logits, (flat,), (direction,))[1]
        curved = probabilities * (moved - (probabilities * moved).sum(-1, keepdim=True))
        return (back(shares * curved)[0] + damping * direction).numpy()

    def losses(values: Tensor, sequences: Sequences) -> Tensor:
        return -text_log_probabilities(model, by_name(values[None]), sequences)[0]

    gradient = grad(lambda values: losses(values, target).mean())(flat).numpy()
    solved = torch.from_numpy(conjugate_gradient(product, gradient, tolerance, 500))
    return jvp(lambda values: losses(values, texts), (flat,), (solved,))[1].numpy()
