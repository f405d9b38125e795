"""Influence of every training point of the four theory models."""

import numpy as np

from influence_lab.attributions.influence import influence
from influence_lab.attributions.measurements import measurements
from influence_lab.attributions.upweighting import draw_points, radii
from influence_lab.models.theory import Trained


def theory_influence(trained: dict[str, Trained], points: int, seed: int) -> dict[str, np.ndarray]:
    """Influence on a test loss, a mean and a difference of predictions; the radii; the points that are up-weighted.

    Args:
        trained: models by name.
        points: training points to draw in each model.
        seed: of the draw.

    Returns:
        For each model `{model}_influence` (3, n), `{model}_radius` ρ(a⁻¹b_i) (n,) and `{model}_points` (points,).

    Raises:
        NotPositiveDefiniteError: a model is not at a minimum with an invertible Hessian.
    """
    arrays = {}
    for name, (problem, theta, X_test, y_test) in trained.items():
        tests = np.array([f.gradient(theta) for f in measurements(problem, X_test, y_test)])
        gradients = problem.gradients(theta, problem.X, problem.y)
        arrays[f"{name}_influence"] = influence(tests, gradients, problem.hessian(theta, problem.weights()))
        arrays[f"{name}_radius"] = radii(problem, theta)
        arrays[f"{name}_points"] = draw_points(arrays[f"{name}_radius"], points, seed)
    return arrays
