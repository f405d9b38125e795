import pytest
import torch
from torch.testing import assert_close

from influence_lab.attributions.multi_stage import influence_direction, near


def matrices(seed, stages=3, size=4):
    draws = torch.randn(stages, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return draws @ draws.mT + torch.eye(size, dtype=torch.float64)


def optimum(hessians, slopes, alphas, extra):
    """Optima of quadratic stages one after the other, an extra slope in the first."""
    theta = torch.linalg.solve(hessians[0], -(slopes[0] + extra))
    for hessian, slope, alpha in zip(hessians[1:], slopes[1:], alphas, strict=True):
        theta = torch.linalg.solve(hessian + alpha * torch.eye(len(theta)), alpha * theta - slope)
    return theta


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e6])
def test_for_quadratic_stages_influence_is_the_whole_change(alpha):
    """Optima are linear in the slope of stage 1, so the difference has no higher order; α/(h + α) loses no digits."""
    hessians, slopes = matrices(0), torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    gradient, extra = torch.randn(2, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    later = [
        near(lambda v, h=hessian: torch.linalg.solve(h + alpha * torch.eye(4), v), alpha) for hessian in hessians[1:]
    ]
    found = influence_direction(gradient, lambda v: torch.linalg.solve(hessians[0], v), later) @ extra
    moved = optimum(hessians, slopes, [alpha] * 2, extra) - optimum(hessians, slopes, [alpha] * 2, 0 * extra)
    assert_close(found, gradient @ moved, rtol=1e-10, atol=1e-14)


def test_without_later_stages_it_is_single_stage_influence():
    gradient, hessian = torch.arange(4.0, dtype=torch.float64), matrices(3)[0]
    found = influence_direction(gradient, lambda v: torch.linalg.solve(hessian, v), [])
    assert_close(found, -torch.linalg.inv(hessian) @ gradient)
