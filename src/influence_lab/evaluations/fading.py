"""Influence fades with training time: a derivative after T steps, and the toy network trained on without a point."""

from typing import Any

import numpy as np

from influence_lab.attributions.influence import influence
from influence_lab.evaluations.response_gaps import drawn_points
from influence_lab.models.problem import Problem
from influence_lab.models.retraining import logits, retrain
from influence_lab.models.retraining_weights import leave_out
from influence_lab.models.retraining_work import make_work
from influence_lab.models.toy import toy_network, toy_training

Array = np.ndarray


def descent_derivative(problem: Problem, start: Array, point: int, rate: float, steps: list[int]) -> Array:
    r"""Derivative at ε = 0 of θ after T steps of gradient descent on the mean loss plus $\varepsilon L(z_j, \theta)$.

    The steps are really taken, with the imaginary weight $\varepsilon = ih$: the derivative is the imaginary part over h,
    exact to rounding for tiny h, since there is no difference to round (complex-step differentiation).

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
    values = np.maximum(values, 1e-14 * values[-1])  # rounding, where 1 − (1 − ηa)^T over a is ηT
    filters = [-np.expm1(step * np.log1p(-rate * values.astype(complex))).real / values for step in steps]
    coefficients = vectors.T @ gradient
    return np.array([-vectors @ (factors * coefficients.T).T for factors in filters])


def fading(
    data: dict[str, Array],
    trained: dict[str, Array],
    toy: dict[str, Any],
    seeds: int,
    damping: float,
    fading_points: int,
    tests: int,
    fading_rate: float,
    fading_steps: list[int],
) -> dict[str, Array]:
    """Train the toy network on by full-batch gradient descent, with and without each of some points.

    Args:
        data: arrays of `toy_data`.
        trained: of `leave_one_out_retrainings`; `theta` is where training goes on.
        toy: the configuration's section.
        seeds: number of trained networks.
        damping: λ of the influence G + λI.
        fading_points: number k of points removed.
        tests: number m of test points.
        fading_rate: step size η.
        fading_steps: T, numbers of steps after which the effects are measured.

    Returns:
        `measured` (seeds, T, m, k), changes of the test losses; `predicted` (seeds, m, k), −I/n at the start; `timed`
        (seeds, T, m, k), by the closed form with G for H; `apart` (seeds, T, k), parameter distance to the run with all
        points; `travelled` (seeds, T), of that run from its start; `loss` (seeds, T), its training loss.
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
    for seed in range(seeds):
        model = toy_network(data, training, trained["theta"][seed])
        removed = drawn_points(n, fading_points, seed)
        weights = leave_out(n, [[], *([point] for point in removed)])
        theta = retrain(make_work(X, y, weights, seed, model.theta), training).parameters  # (k + 1, T, p)
        f = np.stack([logits(theta[:, place], training, X_test) for place in range(theta.shape[1])])  # (T, k + 1, m)
        losses = np.logaddexp(0, f) - y_test * f
        tests_by, train_by = model.loss_gradients(X_test, y_test), model.train_gradients[removed]
        G = model.gauss_newton()
        timed = descent_closed_form(G, train_by.T, fading_rate, fading_steps)  # (T, p, k)
        rows.append(
            {
                "measured": (losses[:, 1:] - losses[:, :1]).swapaxes(1, 2),
                "predicted": -influence(tests_by, train_by, G + damping * np.eye(len(G))) / n,
                "timed": -np.einsum("mp,tpk->tmk", tests_by, timed) / n,
                "apart": np.linalg.norm(theta[1:] - theta[:1], axis=2).T,
                "travelled": np.linalg.norm(theta[0] - model.theta, axis=1),
                "loss": [toy_network(data, training, each).losses(X, y).mean() for each in theta[0]],
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
