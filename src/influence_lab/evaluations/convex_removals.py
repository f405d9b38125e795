"""Removals in convex models: least squares and logistic regression on the toy data, each refitted to the last digits."""

import numpy as np

from influence_lab.evaluations.leave_one_out import leave_one_out, rescaled_decay
from influence_lab.models.problem import Problem
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LinearRegression, LogisticRegression

Array = np.ndarray


def quadratic_features(X: Array) -> Array:
    """Columns 1, x, y, x², xy, y² of points in the plane, shape (n, 6): no conic separates the toy classes."""
    x, y = X.T
    return np.column_stack([np.ones(len(X)), x, y, x**2, x * y, y**2])


def convex_problems(data: dict[str, Array], decay: float) -> dict[str, Problem]:
    """Least squares, logistic regression, and logistic regression with (λ/2)‖θ‖², on the quadratic features."""
    X, y = quadratic_features(data["X_train"]), data["y_train"]
    return {
        "least squares": LinearRegression(X, y),
        "logistic": LogisticRegression(X, y),
        "regularised": LogisticRegression(X, y, decay),
    }


def convex_removals(data: dict[str, Array], decay: float) -> dict[str, Array]:
    """Take every training point away from the three models, by refits.

    Args:
        data: arrays of `toy_data`.
        decay: λ of the regularised model.

    Returns:
        For each model of `convex_problems`, spaces replaced by underscores: `{model}_theta` (p,), `{model}_removed`
        (n, p), θ₋ⱼ − θ̂ with the mean over the n − 1 points left and the same λ, `{model}_upweighted` (n, p), θ_ε − θ̂
        with ε = −1/n. And `regularised_rescaled` (n, p), removal with the strength λn/(n − 1).
    """
    arrays = {}
    for name, problem in convex_problems(data, decay).items():
        theta = minimise(problem, np.zeros(problem.size)).theta
        key = name.replace(" ", "_")
        weights = [problem.weights(point, -1 / problem.n) for point in range(problem.n)]
        arrays[f"{key}_theta"] = theta
        arrays[f"{key}_removed"] = leave_one_out(problem, theta)[0]
        arrays[f"{key}_upweighted"] = np.array([minimise(problem, theta, each).theta - theta for each in weights])
        if problem.decay:
            arrays[f"{key}_rescaled"] = leave_one_out(problem, theta, rescaled_decay(problem))[0]
    return arrays
