"""Influence through two stages of small convex models, by the formula and by training both stages again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from influence_lab.attributions.multi_stage import LaterStage, influence_direction, near
from influence_lab.evaluations.lds import rank_correlation
from influence_lab.models.convex_stages import CASES, ConvexStages, convex_stages

Array = np.ndarray
NOTHING = 1e-10  # share of the largest eigenvalue below which one counts as 0
VANISHING = 1e-10  # α that stands for its limit 0 in θ_ft


def formula(stages: ConvexStages, alpha: float, points: Sequence[int]) -> Array:
    r"""$-\alpha\,\nabla f(\theta_{ft})^\top(\nabla^2 L_{ft} + \alpha I)^{-1} H_{pt}^{-1}\nabla L(z, \theta_{pt})$.

    Args:
        stages: both stages and the test rows.
        alpha: α > 0.
        points: the k rows of pre-training that are up-weighted.

    Returns:
        df/dε for f = log p of each test row and each of the points, nats, shape (m, k).
    """
    pretrained = stages.pretrained()
    tuned = stages.tuned(pretrained, alpha)
    curvature = stages.second.hessian(tuned, stages.second.weights()) + alpha * np.eye(len(tuned))
    later = near(lambda gradients: _solve(curvature, gradients), alpha)
    return _scores(stages, pretrained, stages.log_p_gradients(tuned), [later], points)


def single_stage(stages: ConvexStages, points: Sequence[int]) -> Array:
    """The limit α → ∞: influence on the pre-trained model, shape (m, k)."""
    pretrained = stages.pretrained()
    return _scores(stages, pretrained, stages.log_p_gradients(pretrained), [], points)


def vanishing(stages: ConvexStages, points: Sequence[int]) -> Array:
    r"""The limit α → 0, where $\alpha(\nabla^2 L_{ft} + \alpha I)^{-1}$ projects on the null space; shape (m, k)."""
    pretrained = stages.pretrained()
    tuned = stages.tuned(pretrained, VANISHING)
    values, vectors = np.linalg.eigh(stages.second.hessian(tuned, stages.second.weights()))
    null = vectors[:, values <= NOTHING * values[-1]]
    gradients = stages.log_p_gradients(tuned) @ null @ null.T
    return _scores(stages, pretrained, gradients, [], points)


def measured(stages: ConvexStages, alphas: Sequence[float], points: Sequence[int], epsilon: float) -> Array:
    """df/dε by training both stages again, shape (alphas, m, k).

    Central differences with ε and ε/2, and Richardson's combination of the two, whose error is of order ε⁴.
    """
    found = np.empty((len(alphas), len(stages.y_test), len(points)))
    for column, point in enumerate(points):
        steps = (epsilon, -epsilon, epsilon / 2, -epsilon / 2)
        moved = {step: stages.pretrained(stages.first.weights(point, step)) for step in steps}
        for row, alpha in enumerate(alphas):
            f = {step: stages.log_p(stages.tuned(theta, alpha)) for step, theta in moved.items()}
            wide, narrow = ((f[step] - f[-step]) / (2 * step) for step in (epsilon, epsilon / 2))
            found[row, :, column] = (4 * narrow - wide) / 3
    return found


def formula_errors(
    seeds: int, alphas: Sequence[float], points: int, tests: int, decay: float, epsilon: float
) -> pd.DataFrame:
    r"""Both formulas beside the finite difference, for every case, seed and α.

    Args:
        seeds: draws of the rows.
        alphas: α.
        points: rows of pre-training that are up-weighted, the first ones.
        tests: rows measured.
        decay: λ of pre-training.
        epsilon: of the finite differences.

    Returns:
        Columns `case`, `seed`, `alpha`; `corrected` and `blog`, the Frobenius norm of the formula's difference from the
        finite difference over all rows and points, relative to the norm of that; `corrected_largest`, the largest
        difference of one entry relative to the largest entry; `blog_ranks`, mean over test rows of the Spearman
        correlation of the blog's scores with the finite differences; `measured_size` and `blog_size`, the norms of
        the finite difference and of the blog's formula over that of single-stage influence.
    """
    rows = []
    for case in CASES:
        for seed in range(seeds):
            stages = convex_stages(case, seed, tests, decay)
            truths = measured(stages, alphas, range(points), epsilon)
            single = float(np.linalg.norm(single_stage(stages, range(points))))
            for alpha, truth in zip(alphas, truths, strict=True):
                ours = formula(stages, alpha, range(points))
                found = _compared(ours, -ours / alpha, truth, single)
                rows.append({"case": case, "seed": seed, "alpha": alpha} | found)
    return pd.DataFrame(rows)


def limits(seeds: int, alphas: Sequence[float], points: int, tests: int, decay: float) -> pd.DataFrame:
    """How far influence at α is from its limits, relative to single-stage influence (arguments as `formula_errors`).

    Returns:
        Columns `case`, `seed`, `alpha`; `from_single`, `from_vanishing`, the norms of the differences from the limits
        α → ∞ and α → 0, and `size`, the norm of influence, all over the norm of single-stage influence; `survives`,
        the same of the limit α → 0.
    """
    rows = []
    for case in CASES:
        for seed in range(seeds):
            stages, chosen = convex_stages(case, seed, tests, decay), range(points)
            single, least = single_stage(stages, chosen), vanishing(stages, chosen)
            norm = np.linalg.norm(single)
            for alpha in alphas:
                found = formula(stages, alpha, chosen)
                parts = {"from_single": found - single, "from_vanishing": found - least, "size": found}
                sizes = {name: np.linalg.norm(part) / norm for name, part in (parts | {"survives": least}).items()}
                rows.append({"case": case, "seed": seed, "alpha": alpha} | sizes)
    return pd.DataFrame(rows)


def _compared(ours: Array, blog: Array, truth: Array, single: float) -> dict[str, float]:
    norm = np.linalg.norm(truth)
    return {
        "corrected": float(np.linalg.norm(ours - truth) / norm),
        "blog": float(np.linalg.norm(blog - truth) / norm),
        "corrected_largest": float(np.abs(ours - truth).max() / np.abs(truth).max()),
        "blog_ranks": float(rank_correlation(blog.T, truth.T).mean()),
        "measured_size": float(norm) / single,
        "blog_size": float(np.linalg.norm(blog)) / single,
    }


def _scores(
    stages: ConvexStages, pretrained: Array, gradients: Array, later: Sequence[LaterStage], points: Sequence[int]
) -> Array:
    curvature = stages.first.hessian(pretrained, stages.first.weights())
    rows = list(points)
    losses = stages.first.gradients(pretrained, stages.first.X[rows], stages.first.y[rows])  # (k, p)
    directions = influence_direction(torch.from_numpy(gradients), lambda values: _solve(curvature, values), later)
    return directions.numpy() @ losses.T


def _solve(curvature: Array, gradients: torch.Tensor) -> torch.Tensor:
    return torch.linalg.solve(torch.from_numpy(curvature), gradients.mT).mT
