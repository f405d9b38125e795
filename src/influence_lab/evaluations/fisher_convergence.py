"""How fast the Fisher information with sampled labels approaches G."""

import pandas as pd
import torch
from torch import Tensor

from influence_lab.curvature.fisher import sampled_fisher
from influence_lab.curvature.gauss_newton import gauss_newton
from influence_lab.models.layered import Network
from influence_lab.models.losses import Categorical


def fisher_convergence(
    network: Network, loss: Categorical, parameters: Tensor, inputs: Tensor, doublings: int, seeds: range
) -> pd.DataFrame:
    r"""Relative Frobenius error of the sampled Fisher information against G for 1, 2, 4, ... labels an example.

    Args:
        network: y = f(θ, x).
        loss: categorical with natural outputs, so that F = G.
        parameters: θ, shape (p,).
        inputs: shape (n, d).
        doublings: the largest number of labels drawn for each example is $2^{doublings}$.
        seeds: independent repetitions.

    Returns:
        Table with columns seed, samples, error; every row has labels of its own.
    """
    any_label = torch.zeros(len(inputs), dtype=torch.int64)  # H_y does not depend on it
    G = gauss_newton(network, loss, parameters, inputs, any_label)
    rows = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        for samples in (2**power for power in range(doublings + 1)):
            estimate = sampled_fisher(network, loss, parameters, inputs, samples, generator)
            rows.append({"seed": seed, "samples": samples, "error": float((estimate - G).norm() / G.norm())})
    return pd.DataFrame(rows)
