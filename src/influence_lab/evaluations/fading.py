"""Influence fades with training time: a derivative after T steps, and the toy network trained on without a point."""

from typing import Any

import numpy as np

from influence_lab.attributions.influence import influence
from influence_lab.evaluations.drawn_points import drawn_points
from influence_lab.models.problem import Problem
from influence_lab.models.retraining import logistic_losses, retrain
from influence_lab.models.retraining_weights import leave_out
from influence_lab.models.retraining_work import make_work
from influence_lab.models.toy import toy_network, toy_training

Array = np.ndarray


def descent_derivative(problem: Problem, start: Array, point: int, rate: float, steps: list[int]) -> Array:
    r"""Derivative at ε = 0 of θ after T steps of gradient descent on the mean loss plus $\varepsilon L(z_j, \theta)$.

    The steps are really taken, with the imaginary weight $\varepsilon = ih$: the derivative is the imaginary part over
    h, exact to rounding for tiny h, since there is no difference to round (complex-step differentiation).

    Args:
        problem: losses whose gradients are analytic in θ, as those of linear regression.
        start: θ_0, shape (p,).
        point: j.
        rate: η.
        steps: T, increasing.

    Returns:
        Shape (len(steps), p).
    """
    weights = problem.weights().astype(complex)
    weights[point] += 1e-30j
    theta, found = start.astype(complex), []
    for step in range(1, max(steps) + 1):
        theta = theta - rate * problem.gradient(theta, weights)
        if step in steps:
            found.append(theta.imag / 1e-30)
    return np.array(found)


def descent_closed_form(hessian: Array, gradient: Array, rate: float, steps: list[int]) -> Array:
    r"""$-(I - (I - \eta H)^T)H^{-1}g$ for each T, shape (len(steps), p).

    The derivative of T steps from the optimum of a quadratic. After one step it is $-\eta g$, as for TracIn; for
    $T \to \infty$ it is the influence $-H^{-1}g$. H may be singular: flat directions then give $-\eta T g$.

    Args:
        hessian: H, symmetric positive semi-definite, shape (p, p).
        gradient: g, shape (p,), or several as columns (p, k).
        rate: η.
        steps: T.
    """
    values, vectors = np.linalg.eigh(hessian)
    values = np.maximum(values, 1e-14 * values[-1])  # rounding; a factor is then ηT
    factors = [_moved(rate * values, step) / values for step in steps]
    coefficients = vectors.T @ gradient
    return np.array([-vectors @ (each * coefficients.T).T for each in factors])


def _moved(shares: Array, steps: int) -> Array:
    """1 − (1 − s)^T of positive s, to full precision for small ones too."""
    small = np.minimum(shares, 0.5)
    return np.where(shares < 0.5, -np.expm1(steps * np.log1p(-small)), 1 - (1 - shares) ** steps)


def fading(
    data: dict[str, Array],
    trained: dict[str, Array],
    toy: dict[str, Any],
    fading_dampings: list[float],
    fading_points: int,
    tests: int,
    fading_rate: float,
    fading_steps: list[int],
) -> dict[str, Array]:
    """Train the toy network on by full-batch gradient descent, with and without each of some points.

    Args:
        data: arrays of `toy_data`.
        trained: of `leave_one_out_retrainings`; `theta` (seeds, p) is where training goes on.
        toy: the configuration's section.
        fading_dampings: λ of the influence with G + λI.
        fading_points: number k of points removed.
        tests: number m of test points.
        fading_rate: step size η.
        fading_steps: T, numbers of steps after which the effects are measured.

    Returns:
        `measured` (seeds, T, m, k), changes of the test losses; `predicted` (seeds, dampings, m, k), −I/n at the start;
        `timed` (seeds, T, m, k), by the closed form with G for H; `apart` (seeds, T, k), parameter distance to the run
        with all points; `travelled` (seeds, T), of that run from its start; `loss` (seeds, T), its training loss.
    """
    X, y, n = data["X_train"], data["y_train"], len(data["X_train"])
    X_test, y_test = data["X_test"][:tests], data["y_test"][:tests]
    training = toy_training(
        toy,
        epochs=max(fading_steps),
        checkpoints=tuple(fading_steps),
        batch_size=0,
        optimiser="sgd",
        learning_rate=fading_rate,
        absent="masked",
        precision="float64",
    )
    rows = []
    for seed, start in enumerate(trained["theta"]):
        model = toy_network(data, training, start)
        removed = drawn_points(n, fading_points, seed)
        weights = leave_out(n, [[], *([point] for point in removed)])
        theta = retrain(make_work(X, y, weights, seed, model.theta), training).parameters  # (k + 1, T, p)
        after = theta.swapaxes(0, 1)  # (T, k + 1, p)
        losses = np.stack([logistic_losses(networks, training, X_test, y_test) for networks in after])  # (T, k + 1, m)
        tests_by, train_by = model.loss_gradients(X_test, y_test), model.train_gradients[removed]
        G, identity = model.gauss_newton(), np.eye(len(model.theta))
        timed = descent_closed_form(G, train_by.T, fading_rate, fading_steps)  # (T, p, k)
        rows.append(
            {
                "measured": (losses[:, 1:] - losses[:, :1]).swapaxes(1, 2),
                "predicted": [-influence(tests_by, train_by, G + each * identity) / n for each in fading_dampings],
                "timed": -np.einsum("mp,tpk->tmk", tests_by, timed) / n,
                "apart": np.linalg.norm(theta[1:] - theta[:1], axis=2).T,
                "travelled": np.linalg.norm(theta[0] - model.theta, axis=1),
                "loss": [toy_network(data, training, each).losses(X, y).mean() for each in theta[0]],
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
