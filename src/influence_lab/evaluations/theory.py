"""Refits of the four theory models: responses, finite differences, leave-one-out."""

import numpy as np
import pandas as pd

from influence_lab.attributions.influence import solve
from influence_lab.attributions.measurements import measurements
from influence_lab.evaluations.leave_one_out import leave_one_out, rescaled_decay
from influence_lab.evaluations.responses import finite_differences, responses
from influence_lab.models.problem import Array
from influence_lab.models.refit import extremes, minimise
from influence_lab.models.theory import Trained

DECLARED = (0.005, 0.1)  # the range of |ε|ρ that the ledger fixed for slopes before anything was measured


def theory_responses(
    trained: dict[str, Trained], influence: dict[str, Array], epsilons: int, smallest: float, largest: float
) -> pd.DataFrame:
    """`responses` of every model at its drawn points, |ε|ρ geometric from `smallest` to `largest`.

    Once more over the `DECLARED` range, in the rows whose column `declared` is true.
    """
    tables = [
        responses(problem, theta, influence[f"{name}_points"], np.geomspace(*ends, epsilons)).assign(
            model=name, declared=ends is DECLARED
        )
        for ends in ((smallest, largest), DECLARED)
        for name, (problem, theta, _, _) in trained.items()
    ]
    return pd.concat(tables, ignore_index=True)


def theory_differences(trained: dict[str, Trained], influence: dict[str, Array], step: float) -> pd.DataFrame:
    """`finite_differences` of every model at its drawn points."""
    tables = [
        finite_differences(problem, theta, influence[f"{name}_points"], measurements(problem, X, y), step).assign(
            model=name
        )
        for name, (problem, theta, X, y) in trained.items()
    ]
    return pd.concat(tables, ignore_index=True)


def theory_leave_one_out(trained: dict[str, Trained]) -> dict[str, Array]:
    """Exact leave-one-out of linear and ridge regression, all points, and ridge refits at ε = −1/n.

    Returns:
        θ − θ̂, shape (n, p), by name: `linear`, `ridge_rescaled` (λn/(n − 1)), `ridge_plain` (λ kept),
        `ridge_upweighted` (ε = −1/n); and of all refits the largest `gradient_norm` and the smallest `curvature`.
    """
    linear, ridge = trained["linear"], trained["ridge"]
    arrays = {"linear": leave_one_out(linear.problem, linear.theta)}
    arrays["ridge_rescaled"] = leave_one_out(ridge.problem, ridge.theta, rescaled_decay(ridge.problem))
    arrays["ridge_plain"] = leave_one_out(ridge.problem, ridge.theta)
    n = ridge.problem.n
    fits = [minimise(ridge.problem, ridge.theta, ridge.problem.weights(i, -1 / n)) for i in range(n)]
    upweighted = np.array([fit.theta - ridge.theta for fit in fits])
    arrays["ridge_upweighted"] = upweighted, extremes(fits)
    norms, curvatures = zip(*(ends for _, ends in arrays.values()), strict=True)
    return {name: steps for name, (steps, _) in arrays.items()} | {
        "gradient_norm": np.array(max(norms)),
        "curvature": np.array(min(curvatures)),
    }


def influence_sums(trained: dict[str, Trained], influence: dict[str, Array]) -> pd.DataFrame:
    """Sum over all training points of the influence on each measurement, beside nλ ∇fᵀH⁻¹θ̂, which it must equal.

    Returns:
        A row for each model and measurement: `model`, `function`, `sum`, `expected` and `absolute`, the sum of |I|.
    """
    rows = []
    for name, (problem, theta, X, y) in trained.items():
        pull = problem.n * problem.decay * solve(problem.hessian(theta, problem.weights()), theta)
        for f, scores in zip(measurements(problem, X, y), influence[f"{name}_influence"], strict=True):
            row = {"model": name, "function": f.name, "sum": scores.sum(), "expected": f.gradient(theta) @ pull}
            rows.append(row | {"absolute": np.abs(scores).sum()})
    return pd.DataFrame(rows)
