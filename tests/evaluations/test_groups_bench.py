import numpy as np
from scipy.special import log_softmax

from influence_lab.evaluations.groups_bench import DAMPING, groups_bench, last_layer


def test_gradients_and_curvature_are_those_of_the_softmax_loss():
    """Central differences of the mean loss and of its gradient: error 1e-10 and 1e-9 at steps 1e-5 in float64."""
    layer = last_layer(60)
    theta = np.concatenate([layer["kernel"].ravel(), layer["bias"]])
    ones = np.column_stack([layer["X"], np.ones(60)])
    direction = np.random.default_rng(1).standard_normal(650)

    def mean_loss(parameters):
        logs = log_softmax(ones @ parameters.reshape(65, 10), axis=1)
        return -logs[np.arange(60), layer["y"]].mean()

    step = 1e-4
    ahead, behind = mean_loss(theta + step * direction), mean_loss(theta - step * direction)
    slope, bend = (ahead - behind) / (2 * step), (ahead - 2 * mean_loss(theta) + behind) / step**2
    np.testing.assert_allclose(layer["gradients"].mean(axis=0) @ direction, slope, rtol=1e-5)
    curvature = layer["curvature"] - DAMPING * np.eye(650)
    np.testing.assert_allclose(direction @ curvature @ direction, bend, rtol=1e-4)


def test_bench_agrees_with_influenciae_in_single_precision():
    facts = groups_bench(points=120, steps=4, repeats=1)
    assert facts["group_influence_relative_difference"] < 1e-4  # float32 and the condition number of the curvature
    assert facts["influenciae_calls_per_search"] == 119 + 118 + 117 + 116
    assert facts["features"] == 650
