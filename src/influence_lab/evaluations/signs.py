"""The signs of every influence formula of the two sources, held against refits."""

import numpy as np
import pandas as pd

from influence_lab.attributions.influence import solve
from influence_lab.attributions.upweighting import expansion
from influence_lab.models.problem import Array
from influence_lab.models.refit import minimise
from influence_lab.models.theory import Trained

TOLERANCE = 0.01  # on a ratio; beyond first order, a removal at |ε|ρ leaves terms of (|ε|ρ)², below 0.01 for |ε|ρ < 0.1


def sign_table(trained: Trained, point: int, epsilon: float) -> pd.DataFrame:
    """Ratio of each formula to the refit that it describes, and what it should be: 1, up to the sign.

    Written for a negative log-likelihood L = −log p, so that f = log p(test) = −L(test).

    A removal is not infinitesimal. With L′ and L″ the derivatives of the test loss along refits, the right formula
    over the refit at ε = −1/n is expected to be L′ / (L′ + εL″/2) rather than 1.

    Args:
        trained: logistic regression.
        point: index of the training point z.
        epsilon: step of the central difference.

    Returns:
        Columns `where`, `formula`, `describes`, `ratio`, `expected` (of a right formula) and `verdict`: "right" or
        "opposite sign" where the ratio is the expected one or minus it within `TOLERANCE`, else "wrong size".
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
    second = (test_loss(up) + test_loss(down) - 2 * test_loss(theta)) / epsilon**2
    removed = loss_rate / (loss_rate - second / (2 * problem.n))
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
    table = pd.DataFrame(rows, columns=["where", "formula", "describes", "ratio"]).astype({"ratio": np.float64})
    table["expected"] = np.where(table["describes"] == "removal of z", removed, 1.0)
    table["verdict"] = [verdict(*pair) for pair in zip(table["ratio"], table["expected"], strict=True)]
    return table


def verdict(ratio: float, expected: float) -> str:
    """Whether a ratio is the expected one, minus it, or neither.

    >>> verdict(0.999, 1.0), verdict(-0.999, 1.0), verdict(2.0, 1.0)
    ('right', 'opposite sign', 'wrong size')
    """
    if abs(ratio - expected) <= TOLERANCE:
        return "right"
    return "opposite sign" if abs(ratio + expected) <= TOLERANCE else "wrong size"
