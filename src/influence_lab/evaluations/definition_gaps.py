"""The report's Definitions 2.2 and 2.3, against finite differences of exact refits."""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.influence import solve
from influence_lab.evaluations.responses import central_difference, central_refits
from influence_lab.models.theory import Trained


class DefinitionGaps(NamedTuple):
    """Largest or smallest relative differences over points, as claim B4 asks for them."""

    value: float  # Definition 2.3 from the derivative of the test losses, largest over points and test losses
    vector: float  # Definition 2.2 from the derivative of the parameters, smallest over points
    negated: float  # minus Definition 2.2 from it, largest over points


def definition_gaps(trained: Trained, count: int = 8, step: float = 0.03) -> DefinitionGaps:
    r"""Compare $H^{-1}g$ and $-g_{test}^\top H^{-1}g$ with central differences over the weight ε of a point.

    Args:
        trained: a convex model at its minimum, with test points.
        count: points, from the largest gradient to small ones.
        step: ε times the number of points.
    """
    problem, theta = trained.problem, trained.theta
    H, g = problem.hessian(theta, problem.weights()), problem.gradients(theta, problem.X, problem.y)
    test_gradients = problem.gradients(theta, trained.X_test, trained.y_test)
    epsilon, gaps = step / problem.n, []
    for point in np.argsort(-np.linalg.norm(g, axis=1))[:: problem.n // count][:count]:
        refits = [fit.theta for fit in central_refits(problem, theta, point, epsilon)]
        slope = central_difference(refits, epsilon)  # dθ/dε
        change = central_difference([problem.losses(each, trained.X_test, trained.y_test) for each in refits], epsilon)
        vector = solve(H, g[point])  # Definition 2.2
        value = -test_gradients @ vector  # Definition 2.3, for every test point
        distances = (np.linalg.norm(sign * vector - slope) / np.linalg.norm(slope) for sign in (1, -1))
        gaps.append((np.max(np.abs(value / change - 1)), *distances))
    values, vectors, negated = np.array(gaps).T
    return DefinitionGaps(float(values.max()), float(vectors.min()), float(negated.max()))
