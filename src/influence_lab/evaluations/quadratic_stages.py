"""Influence through quadratic stages, where it is the whole change and not only its first order."""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from influence_lab.attributions.multi_stage import influence_direction, near

SIZE = 6  # parameters
EXTRA = 1e6  # ε: any will do for quadratics, and a large one drowns no digits


def quadratic_errors(seeds: int, stages: Sequence[int], alphas: Sequence[float]) -> pd.DataFrame:
    r"""Relative difference of the formula from the exact change through random stages.

    Stage k has $L_k = \frac12\theta^\top A_k\theta + b_k^\top\theta$ with $A_k \succ 0$; an extra slope ε of the first
    moves every optimum linearly. The change is the difference of two trainings, of ε and of −ε.

    Args:
        seeds: number of draws.
        stages: how many stages, for instance 2 and 3.
        alphas: α of every later stage.

    Returns:
        Columns `seed`, `stages`, `alpha`, `error`.
    """
    rows = [
        (seed, count, alpha, _error(seed, count, alpha))
        for seed in range(seeds)
        for count in stages
        for alpha in alphas
    ]
    return pd.DataFrame(rows, columns=["seed", "stages", "alpha", "error"])


def _error(seed: int, count: int, alpha: float) -> float:
    draw = torch.Generator().manual_seed(seed)
    roots = torch.randn(count, SIZE, SIZE, generator=draw, dtype=torch.float64)
    hessians = roots @ roots.mT / SIZE + 0.1 * torch.eye(SIZE, dtype=torch.float64)
    slopes = torch.randn(count, SIZE, generator=draw, dtype=torch.float64)
    gradient, extra = torch.randn(2, SIZE, generator=draw, dtype=torch.float64)
    held = [hessian + alpha * torch.eye(SIZE, dtype=torch.float64) for hessian in hessians[1:]]

    def trained(epsilon: float) -> Tensor:
        theta = torch.linalg.solve(hessians[0], -(slopes[0] + epsilon * extra))
        for hessian, slope in zip(held, slopes[1:], strict=True):
            theta = torch.linalg.solve(hessian, alpha * theta - slope)
        return theta

    later = [near(lambda vector, h=hessian: torch.linalg.solve(h, vector), alpha) for hessian in held]
    first = lambda vector: torch.linalg.solve(hessians[0], vector)  # noqa: E731
    found = influence_direction(gradient, first, later) @ extra
    exact = gradient @ (trained(EXTRA) - trained(-EXTRA)) / (2 * EXTRA)
    return float(abs(found - exact) / abs(exact))
