"""What removing a training point does to test losses, by training again."""

import numpy as np

from influence_lab.models.problem import Array
from influence_lab.models.refit import minimise
from influence_lab.models.relative_influence import World


def removal_effects(world: World, points: Array, cold: bool) -> Array:
    r"""Change of each test loss when a training point is removed (ε = −1/n) and the model trained to a minimum again.

    Args:
        world: the trained model.
        points: indices of the points to remove, shape (k,).
        cold: train from the start that θ̂ was trained from; else from θ̂, so that the minimum nearby is found.

    Returns:
        $L(z_{test}, \theta_{-i}) - L(z_{test}, \hat\theta)$, shape (m, k).

    Raises:
        NotConvergedError: a gradient norm stays above 1e-12.
    """
    problem, test = world.problem, (world.X_test, world.y_test)
    before = problem.losses(world.theta, *test)
    start = world.start if cold else world.theta
    after = [problem.losses(minimise(problem, start, problem.weights(i, -1 / problem.n)).theta, *test) for i in points]
    return np.array(after).T - before[:, None]
