"""The signs of every influence formula of the two sources, held against refits."""

import numpy as np
import pandas as pd

from influence_lab.attributions.influence import solve
from influence_lab.attributions.upweighting import expansion
from influence_lab.models.problem import Array
from influence_lab.models.refit import minimise
from influence_lab.models.theory import Trained


def sign_table(trained: Trained, point: int, epsilon: float) -> pd.DataFrame:
    """Ratio of each formula to the refit that it describes: 1 is right, −1 the wrong sign.

    Written for a negative log-likelihood L = −log p, so that f = log p(test) = −L(test).

    Args:
        trained: logistic regression.
        point: index of the training point z.
        epsilon: step of the central difference.

    Returns:
        Columns `where`, `formula`, `describes` and `ratio`.
    """
    problem, theta, X_test, y_test = trained
    a, _, beta = expansion(problem, theta, point)
    up, down, without = (
        minimise(problem, theta, problem.weights(point, e)).theta for e in (epsilon, -epsilon, -1 / problem.n)
    )

    def test_loss(t: Array) -> float:
        return float(problem.losses(t, X_test[:1], y_test[:1])[0])

    g_test = problem.gradients(theta, X_test[:1], y_test[:1])[0]
    vector, product = solve(a, beta), g_test @ solve(a, beta)
    theta_rate = (up - down) / (2 * epsilon)
    loss_rate = (test_loss(up) - test_loss(down)) / (2 * epsilon)
    removal = test_loss(without) - test_loss(theta)
    along = vector @ theta_rate / (theta_rate @ theta_rate)
    rows = [
        ("blog 1.1 and 1.1.2.3", "−∇L(test)ᵀ H⁻¹ ∇L(z)", "dL(test)/dε", -product / loss_rate),
        ("blog 1.4.2, the line ∇L = ∇log p", "−∇L(test)ᵀ H⁻¹ ∇log p(z)", "dL(test)/dε", product / loss_rate),
        ("blog 1.4.2, final formula", "+∇fᵀ H⁻¹ ∇log p(z), f = log p(test)", "df/dε", product / -loss_rate),
        ("blog 1.6, recap", "+∇fᵀ H⁻¹ (−∇log p(z)), f = log p(test)", "df/dε", -product / -loss_rate),
        ("report, Definition 2.2", "+H⁻¹ ∇L(z)", "dθ/dε", along),
        ("report, Definition 2.3", "−∇L(test)ᵀ H⁻¹ ∇L(z)", "dL(test)/dε", -product / loss_rate),
        ("report, Definition 2.3 over n", "−∇L(test)ᵀ H⁻¹ ∇L(z) / n", "removal of z", -product / problem.n / removal),
        ("report, Definition 2.5 over n", "+∇L(test)ᵀ H⁻¹ ∇L(z) / n", "removal of z", product / problem.n / removal),
    ]
    return pd.DataFrame(rows, columns=["where", "formula", "describes", "ratio"]).astype({"ratio": np.float64})
