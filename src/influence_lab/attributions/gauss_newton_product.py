r"""Products with the damped Gauss-Newton matrix of a mean cross-entropy, never written out."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.func import jvp, vjp

Array = np.ndarray


def gauss_newton_product(
    logits: Callable[[Tensor], Tensor], at: Tensor, shares: Tensor, damping: float
) -> Callable[[Array], Array]:
    r"""The map $v \mapsto (G + \lambda I)v$ with $G = \sum_t s_t J_t^\top (\mathrm{diag}(p_t) - p_t p_t^\top) J_t$.

    Args:
        logits: from parameters, shape (p,), to logits, shape (n, T, V).
        at: the parameters θ where J is taken, shape (p,), float64.
        shares: s, of each token in the mean, shape (n, T, 1).
        damping: λ.
    """
    outputs, back = vjp(logits, at)
    probabilities = outputs.softmax(-1)

    def product(vector: Array) -> Array:
        direction = torch.from_numpy(vector)
        moved = jvp(logits, (at,), (direction,))[1]
        curved = probabilities * (moved - (probabilities * moved).sum(-1, keepdim=True))
        return (back(shares * curved)[0] + damping * direction).numpy()

    return product
