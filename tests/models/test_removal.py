import numpy as np
from numpy.testing import assert_allclose

from influence_lab.attributions.influence import parameter_influence
from influence_lab.models.layered import Network
from influence_lab.models.local_objective import bregman, weights_of
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.removal import minimise_from_anchor, removal_responses


def network(activation="tanh", n=40):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 2))
    shape = Network((2, 4, 1), activation)
    return LogisticNetwork(shape, shape.initial(0).numpy(), X, (X[:, 0] > 0).astype(float))


def test_a_smooth_network_s_responses_are_minima():
    model = network()
    found = removal_responses(model, np.arange(5), damping=0.1)
    assert found["converged"].all()
    for point, theta in enumerate(found["theta"]):
        objective = bregman(model, 0.1, weights_of(40, point, -1 / 40))
        start = np.linalg.norm(objective.gradient(model.theta))
        assert np.linalg.norm(objective.gradient(theta)) < 1e-5 * start  # stops at 1e-6 a parameter


def test_the_response_is_that_of_influence_to_first_order():
    """Removal is ε = −1/n; the error falls with λ, which keeps the response short."""
    model, errors = network(), []
    for damping in (1.0, 10.0):
        moved = removal_responses(model, np.arange(5), damping)["theta"] - model.theta
        curvature = model.gauss_newton() + damping * np.eye(len(model.theta))
        linear = -parameter_influence(model.train_gradients[:5], curvature) / 40
        errors.append(np.linalg.norm(moved - linear) / np.linalg.norm(linear))
    assert errors[0] < 0.05
    assert errors[1] < errors[0] / 5


def test_nothing_to_do_moves_nothing():
    model = network()
    objective = bregman(model, 0.1, weights_of(40))  # no weight is changed
    found = minimise_from_anchor(objective, np.eye(len(model.theta)))
    assert_allclose(found.path[-1], model.theta, atol=1e-12)


def test_a_relu_network_s_responses_are_minima_also_at_kinks():
    """No nearby point is lower, by more than rounding; at some the gradient itself does not vanish."""
    model = network("relu")
    found = removal_responses(model, np.arange(4, 8), damping=0.01)
    assert found["converged"].all()
    assert found["gradient"].max() > 0.1
    rng = np.random.default_rng(0)
    for place, point in enumerate(range(4, 8)):
        objective, theta = bregman(model, 0.01, weights_of(40, point, -1 / 40)), found["theta"][place]
        length = 0.1 * np.linalg.norm(theta - model.theta)
        steps = rng.standard_normal((50, len(theta)))
        around = [objective.value(theta + length * step / np.linalg.norm(step)) for step in steps]
        assert min(around) > objective.value(theta)
