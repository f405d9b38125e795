import pytest
import torch
from torch.func import grad
from torch.testing import assert_close

from influence_lab.models.held_newton import NotConvergedError, solve
from influence_lab.models.staged_training import Stage

ROOT = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
A = ROOT @ ROOT.T
B, BEFORE, VECTOR = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
EYE = torch.eye(4, dtype=torch.float64)
ALPHA = 0.3
QUADRATIC = Stage(lambda theta, _: theta @ A @ theta / 2 + B @ theta, ALPHA)


def test_the_minimum_of_a_quadratic_stage_is_the_solution_of_its_linear_system():
    assert_close(QUADRATIC.minimum(BEFORE), torch.linalg.solve(A + ALPHA * EYE, ALPHA * BEFORE - B))


def test_the_factor_solves_with_the_hessian_of_the_whole_objective():
    factor = QUADRATIC.factor(BEFORE, BEFORE)
    assert_close(solve(factor, VECTOR), torch.linalg.solve(A + ALPHA * EYE, VECTOR))


def test_coupling_holds_the_proximity_and_what_the_loss_reads_of_the_stage_before():
    r"""$L = \cos(\theta)^\top M \theta_-$ has $\nabla^2_{\theta\theta_-} L = -\mathrm{diag}(\sin\theta) M$."""
    stage = Stage(lambda theta, before: torch.cos(theta) @ ROOT @ before, ALPHA)
    C = ALPHA * EYE + torch.diag(torch.sin(VECTOR)) @ ROOT
    assert_close(stage.coupling(VECTOR, BEFORE)(B), C.T @ B)


def test_a_moved_optimum_is_stationary_for_what_was_added():
    stage = Stage(lambda theta, _: torch.logsumexp(theta, 0), ALPHA)
    theta = stage.minimum(BEFORE)
    extra = lambda values: 1e-3 * torch.sin(values).sum()  # noqa: E731
    moved = stage.moved(BEFORE, theta, stage.factor(theta, BEFORE), extra)
    slope = grad(lambda values: stage.objective(values, BEFORE) + extra(values))(moved)
    assert float(slope.norm()) < 1e-14
    assert float((moved - theta).norm()) > 1e-4


def test_a_saddle_is_no_minimum():
    saddle = Stage(lambda theta, _: -theta.square().sum(), ALPHA)
    with pytest.raises(NotConvergedError, match=r"not positive definite: take a larger α than 0\.3"):
        saddle.factor(BEFORE, BEFORE)


def test_too_large_a_change_is_an_error():
    factor = QUADRATIC.factor(BEFORE, BEFORE)
    with pytest.raises(NotConvergedError, match="take a smaller ε"):
        QUADRATIC.moved(BEFORE, BEFORE, factor, lambda values: -10 * values.square().sum())
