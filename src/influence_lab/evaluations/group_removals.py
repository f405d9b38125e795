"""Groups removed from small convex models, by the formulas and by refits."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from influence_lab.attributions.groups import removal_effects
from influence_lab.attributions.second_order import first_order_step, pairwise_step, third_derivative_term
from influence_lab.evaluations.intervals import bootstrap_interval
from influence_lab.evaluations.slopes import Slope, log_log_slope
from influence_lab.models.refit import minimise
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.theory import Trained

Array = np.ndarray

ORDERS = {  # name: how a reader sees it
    "first": "first order",
    "pairwise": "pairwise",
    "third": "with the third derivative",
}


def drawn_groups(n: int, share: float, draws: int, seed: int) -> Array:
    """Random groups of round(share n) points, 1 for a member: shape (draws, n). Different shares, different draws."""
    rng = np.random.default_rng([seed, round(1000 * share)])
    return rng.permuted(np.tile(np.arange(n) < round(share * n), (draws, 1)), axis=1).astype(float)


def steps(problem: LogisticRegression, theta: Array, removed: Array) -> dict[str, Array]:
    """Predicted changes of θ by the keys of `ORDERS` when the shares `removed` of the points' weights are taken away.

    Args:
        problem: logistic regression.
        theta: its minimiser, shape (p,).
        removed: between 0 and 1, shape (n,).
    """
    curvature = problem.hessian(theta, problem.weights())
    total = removed @ problem.gradients(theta, problem.X, problem.y)
    of_group = np.einsum("i,ijk->jk", removed, problem.hessians(theta, problem.X, problem.y))
    first = first_order_step(total, curvature, problem.n)
    pairwise = pairwise_step(total, lambda v: of_group @ v, curvature, problem.n, removed.sum())
    third = third_derivative_term(first, lambda v: problem.third_contraction(theta, problem.weights(), v), curvature)
    return {"first": first, "pairwise": pairwise, "third": pairwise + third}


def removal_table(trained: Trained, shares: list[float], draws: int, seed: int = 0) -> pd.DataFrame:
    """Remove random groups from logistic regression, refit, and compare with the formulas.

    The effect is the change of a summed loss: of the removed group itself (`own`), of a group of a fifth of the
    training points drawn once (`other`), and of the test rows (`test`). The prediction is Definition 2.5 as written,
    without 1/n.

    Args:
        trained: logistic regression at its minimum, without a regulariser.
        shares: of the training points.
        draws: groups a share.
        seed: draws the groups.

    Returns:
        Columns `share`, `group`, `target`, `definition` and `effect` (nats), and for each key of `ORDERS` the error of
        Δθ relative to the true one, `error_{key}`.
    """
    problem, theta = trained.problem, trained.theta
    curvature = problem.hessian(theta, problem.weights())
    g = problem.gradients(theta, problem.X, problem.y)
    other = np.random.default_rng([seed, 0]).permutation(problem.n)[: problem.n // 5]
    rows = []
    for share in shares:
        for number, group in enumerate(drawn_groups(problem.n, share, draws, seed)):
            refit = minimise(problem, theta, (1 - group) / problem.n).theta
            errors = {
                f"error_{name}": np.linalg.norm(step - (refit - theta)) / np.linalg.norm(refit - theta)
                for name, step in steps(problem, theta, group).items()
            }
            targets = {
                "own": (problem.X[group > 0], problem.y[group > 0]),
                "other": (problem.X[other], problem.y[other]),
            }
            for target, points in (targets | {"test": (trained.X_test, trained.y_test)}).items():
                slope = problem.gradients(theta, *points).sum(axis=0)
                definition = problem.n * removal_effects(group[None], slope[None], g, curvature)[0, 0]
                effect = problem.losses(refit, *points).sum() - problem.losses(theta, *points).sum()
                rows.append(
                    {"share": share, "group": number, "target": target, "definition": definition, "effect": effect}
                    | errors
                )
    return pd.DataFrame(rows)


def order_table(trained: Trained, share: float, groups: int, fractions: Array, seed: int = 0) -> pd.DataFrame:
    """Errors of Δθ as the removed fraction τ of a group's weight goes to 0.

    Returns:
        Columns `group`, `fraction` and `error_{key}`, the norm of each error, for the keys of `ORDERS`.
    """
    problem, theta = trained.problem, trained.theta
    rows = []
    for number, group in enumerate(drawn_groups(problem.n, share, groups, seed)):
        for fraction in fractions:
            removed = fraction * group
            change = minimise(problem, theta, (1 - removed) / problem.n).theta - theta
            errors = {
                f"error_{name}": np.linalg.norm(step - change) for name, step in steps(problem, theta, removed).items()
            }
            rows.append({"group": number, "fraction": fraction} | errors)
    return pd.DataFrame(rows)


def order_slopes(table: pd.DataFrame) -> dict[str, list[Slope]]:
    """For each key of `ORDERS` the log-log slope of the error in τ, one a group."""
    return {
        name: [
            log_log_slope(rows["fraction"].to_numpy(), rows[f"error_{name}"].to_numpy())
            for _, rows in table.groupby("group")
        ]
        for name in ORDERS
    }


def ratio_interval(table: pd.DataFrame, target: str, share: float, scale: float = 1.0) -> tuple[float, float]:
    """Median over groups of Definition 2.5 over `scale`, divided by the effect; and its bootstrap half-width (95 %)."""
    chosen = table[(table["target"] == target) & (table["share"] == share)]
    ratios = chosen["definition"] / chosen["effect"] / scale
    return bootstrap_interval(lambda rows: np.median(rows[..., 0], axis=-1), ratios.to_numpy()[:, None])


def rank_interval(table: pd.DataFrame, target: str, share: float) -> tuple[float, float]:
    """Spearman's correlation over groups of Definition 2.5 with the effect, and its bootstrap half-width (95 %)."""
    chosen = table[(table["target"] == target) & (table["share"] == share)]
    return bootstrap_interval(_rank_correlation, chosen[["definition", "effect"]].to_numpy())


def _rank_correlation(pairs: Array) -> Array:
    """Spearman's correlation of pairs, shape (..., k, 2)."""
    ranks = rankdata(pairs, axis=-2) - (pairs.shape[-2] + 1) / 2
    return ranks.prod(axis=-1).sum(axis=-1) / np.sqrt((ranks**2).sum(axis=-2).prod(axis=-1))
