"""How fast the Fisher information with sampled labels approaches G."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from influence_lab.curvature.fisher import sampled_fisher
from influence_lab.curvature.gauss_newton import gauss_newton
from influence_lab.evaluations.intervals import bootstrap_interval
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
        seeds: independent repetitions of the draw of labels, all on the same network.

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


def rms_slope(table: pd.DataFrame) -> tuple[float, float]:
    r"""Log-log slope against m of the root mean square error over repetitions, with a bootstrap over repetitions.

    $\mathbb{E}\|\hat F_m - F\|^2$ is proportional to $1/m$ exactly, so the slope of its root is −1/2. The mean over
    repetitions of each one's own slope is not: logarithms of errors are skewed, the more so the fewer labels.

    Args:
        table: columns seed, samples and error.
    """

    def slope(errors: np.ndarray) -> np.ndarray:
        return _least_squares(np.log(wide.columns.to_numpy()), np.log(_rms(errors)))

    wide = table.pivot_table(index="seed", columns="samples", values="error")
    return bootstrap_interval(slope, wide.to_numpy())


def rms_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Root mean square error over repetitions for each number of labels: columns samples, mean, half (bootstrap)."""
    groups = table.groupby("samples")["error"]
    rows = [
        (m, *bootstrap_interval(lambda errors: _rms(errors)[..., 0], group.to_numpy()[:, None])) for m, group in groups
    ]
    return pd.DataFrame(rows, columns=["samples", "mean", "half"])


def _rms(errors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(errors).mean(axis=-2))


def _least_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slopes of y (..., k) on x (k,)."""
    centred = x - x.mean()
    return y @ centred / (centred @ centred)
