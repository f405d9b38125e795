import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.models.convex_stages import CASES, SILENT, SINGULAR, convex_stages


@pytest.fixture(params=list(CASES))
def stages(request):
    return convex_stages(request.param, seed=1, tests=5, decay=0.01)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e6])
def test_fine_tuning_is_stationary_for_its_loss_and_the_pull_to_the_pretrained_parameters(stages, alpha):
    """Rounding of θ − θ_pt enters the gradient with the factor α."""
    pretrained = stages.pretrained()
    tuned = stages.tuned(pretrained, alpha)
    slope = stages.second.gradients(tuned, stages.second.X, stages.second.y).mean(axis=0)
    assert_allclose(slope + alpha * (tuned - pretrained), 0, atol=1e-12 * max(1, alpha))


def test_stages_have_rows_of_their_own(stages):
    assert abs(len(stages.first.X) - len(stages.second.X)) <= 1
    common = {tuple(row) for row in stages.first.X} & {tuple(row) for row in stages.second.X}
    assert len(common) <= 1  # two patients or wines may have the same few features
    assert len(stages.log_p(stages.pretrained())) == 5


def test_gradients_are_those_of_log_p(stages):
    theta, step = stages.pretrained(), 1e-5
    direction = np.ones(len(theta))
    change = (stages.log_p(theta + step * direction) - stages.log_p(theta - step * direction)) / (2 * step)
    assert_allclose(stages.log_p_gradients(theta) @ direction, change, rtol=1e-6, atol=1e-9)


def test_silent_features_leave_a_null_space():
    stages = convex_stages(SINGULAR, seed=0, tests=5, decay=0.01)
    hessian = stages.second.hessian(stages.pretrained(), stages.second.weights())
    assert np.linalg.matrix_rank(hessian) == len(hessian) - SILENT
