r"""Influence on a target's mean log-probability with the Gauss-Newton matrix itself, of all parameters."""

from collections.abc import Callable, Collection, Iterable

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad, jvp

from influence_lab.curvature.conjugate_gradient import conjugate_gradient
from influence_lab.curvature.token_gauss_newton import damped, token_gauss_newton_product
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities

Array = np.ndarray
MOST_PRODUCTS = 2000  # of a solve


def newton_target_scores(
    model: SmallGPT,
    texts: Sequences,
    volumes: Array,
    target: Sequences,
    damping: float,
    tolerance: float,
    scored: Sequences | None = None,
    blocks: Iterable[Collection[str]] | None = None,
) -> Array:
    r"""$\nabla(-f)^\top (G_\beta + \lambda I)^{-1} \nabla L_i$ for f the target's mean log p, shape (n,).

    $G_\beta$ is the Gauss-Newton matrix of $\frac1n\sum_i \beta_i L_i$. Solved by conjugate gradient; the texts'
    gradients are never formed: a derivative forward along the solution gives all scores. With blocks, $G_\beta$ is
    block-diagonal over them, and parameters in none of them stay where they are.

    Args:
        model: trained with the texts' weights; not changed.
        texts: n.
        volumes: $\beta_i$, shape (n,).
        target: m texts.
        damping: λ: weight decay or proximity of training.
        tolerance: of conjugate gradient, on the relative residual.
        scored: the texts whose influence is wanted; those of the curvature if not given.
        blocks: names of the parameters of each block, disjoint; one block of all parameters if not given.

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

    product = damped(token_gauss_newton_product(logits, flat, shares), damping)

    def losses(values: Tensor, sequences: Sequences) -> Tensor:
        return -text_log_probabilities(model, by_name(values[None]), sequences)[0]

    gradient = grad(lambda values: losses(values, target).mean())(flat).numpy()
    solved = np.zeros_like(gradient)
    for block in [parameters] if blocks is None else blocks:
        own = np.concatenate([np.full(values.numel(), name in block) for name, values in parameters.items()])
        solved += conjugate_gradient(_within(product, own), gradient * own, tolerance, MOST_PRODUCTS)
    wanted = texts if scored is None else scored
    return jvp(lambda values: losses(values, wanted), (flat,), (torch.from_numpy(solved),))[1].numpy()


def _within(product: Callable[[Array], Array], own: Array) -> Callable[[Array], Array]:
    """The product with a block of the matrix, for vectors that are 0 outside of it."""
    return lambda vector: product(vector) * own
