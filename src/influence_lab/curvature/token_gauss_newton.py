r"""Products with the Gauss-Newton matrix of a mean cross-entropy, never written out."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.func import jvp, vjp

Array = np.ndarray


def token_gauss_newton_product(
    logits: Callable[[Tensor], Tensor], at: Tensor, shares: Tensor
) -> Callable[[Tensor], Tensor]:
    r"""The map $v \mapsto Gv$ with $G = \sum_t s_t J_t^\top (\mathrm{diag}(p_t) - p_t p_t^\top) J_t$.

    Args:
        logits: from parameters, shape (p,), to logits, shape (n, T, V).
        at: the parameters θ where J is taken, shape (p,).
        shares: s, of each token in the mean, shape (n, T, 1).

    Returns:
        From shape (p,) to (p,); `torch.func.vmap` takes it to rows.
    """
    outputs, back = vjp(logits, at)
    probabilities = outputs.softmax(-1)

    def product(vector: Tensor) -> Tensor:
        moved = jvp(logits, (at,), (vector,))[1]
        curved = probabilities * (moved - (probabilities * moved).sum(-1, keepdim=True))
        return back(shares * curved)[0]

    return product


def damped(product: Callable[[Tensor], Tensor], damping: float) -> Callable[[Array], Array]:
    r"""The map $v \mapsto (G + \lambda I)v$ for the solver of arrays, from that of tensors without λ."""

    def of_array(vector: Array) -> Array:
        return product(torch.from_numpy(vector)).numpy() + damping * vector

    return of_array
