"""From leave-one-out retraining to influence in five steps (Bae et al. 2022), each trained or solved for real."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from influence_lab.evaluations.drawn_points import drawn_points
from influence_lab.evaluations.local_responses import local_responses, tangent_errors
from influence_lab.models.retraining import logistic_losses, retrain
from influence_lab.models.retraining_weights import leave_out
from influence_lab.models.retraining_work import Training, make_work
from influence_lab.models.toy import toy_network, toy_training

Array = np.ndarray
CHAIN = ("cold", "warm", "proximal", "pbrf", "linear", "lissa")  # θ without point j, at each stage
GAPS = ("warm start", "proximity", "non-convergence", "linearisation", "solver")  # between one stage and the next
MEASURED = ("other batches", "cold", "warm", "proximal", "pbrf")  # stages whose test losses are measured
TANGENT_POINTS = 4


def settings(lengths: list[int], length: int, dampings: list[float], damping: float) -> list[tuple[int, float]]:
    """Training lengths (epochs) and dampings λ that are measured: a cross through the default pair, which comes first.

    >>> settings([30, 100], 100, [0.01, 0.1], 0.01)
    [(100, 0.01), (100, 0.1), (30, 0.01)]
    """
    others = [(length, each) for each in dampings if each != damping]
    return [(length, damping), *others, *((each, damping) for each in lengths if each != length)]


def response_gaps(
    data: dict[str, Array],
    toy: dict[str, Any],
    seed: int,
    lengths: list[int],
    length: int,
    dampings: list[float],
    damping: float,
    points: int,
    tests: int,
    lissa_depth: int,
) -> dict[str, Array]:
    """All stages for one start of the smooth (tanh) twin of the toy network.

    Args:
        data: arrays of `toy_data`.
        toy: the configuration's section, for the network and its training.
        seed: start and batch order; draws the points too.
        lengths: epochs of training.
        length: the default.
        dampings: λ.
        damping: the default.
        points: number k of training points removed, one at a time.
        tests: number m of test points whose losses are measured.
        lissa_depth: depth of LiSSA.

    Returns:
        With S settings (see `settings`): `epochs`, `damping`, `training_gradient_norm` (S,); `theta` (S, p), θ^s;
        `all_converged`, `all_gradient_norm`, `all_hessians` (S,), of the proximal problem with all points;
        `gradient_norm`, `converged`, `hessians` (S, 2, k), of the proximal and the proximal Bregman problems;
        `least_eigenvalues` (S, 3), see `LocalResponses`; `points` (k,); `point_gradient_norm` (S, k), of the removed
        points; `moved` (S, k), how far influence says that θ moves; `distance` (S, 5, k), the parameter distance of
        each of `GAPS`; `remaining` (S, k), of the last two together; `paired_distance` (S, 5, k), as `distance` between
        the changes against the run with all points; `effect` (S, 5, m, k), measured changes of the test losses at each
        of `MEASURED`; `predicted` (S, 2, m, k), by influence and by LiSSA; `tangent_error`; `hidden`, the widths.
    """
    removed = drawn_points(len(data["X_train"]), points, seed)
    X_test, y_test = data["X_test"][:tests], data["y_test"][:tests]
    rows, trained = [], {}
    for epochs, each in settings(lengths, length, dampings, damping):
        training = toy_training(toy, activation="tanh", epochs=epochs, absent="masked")
        if epochs not in trained:
            trained[epochs] = _retrainings(data, training, seed, removed)
        stages, whole = (dict(found) for found in trained[epochs])
        model = toy_network(data, training, whole["cold"])
        local = local_responses(model, each, removed, lissa_depth)
        for name in ("proximal", "pbrf"):
            stages[name] = np.stack([fit.theta for fit in getattr(local, name)])
        stages |= {"linear": local.linear, "lissa": local.lissa}
        whole |= {"proximal": local.proximal_all.theta} | dict.fromkeys(("pbrf", "linear", "lissa"), model.theta)
        fits = (local.proximal, local.pbrf)
        test_gradients = model.loss_gradients(X_test, y_test)
        rows.append(
            {
                "epochs": epochs,
                "damping": each,
                "training_gradient_norm": np.linalg.norm(model.train_gradients.mean(axis=0)),
                "all_converged": local.proximal_all.converged,
                "all_gradient_norm": local.proximal_all.gradient_norm,
                "all_hessians": local.proximal_all.hessians,
                "least_eigenvalues": local.least_eigenvalues,
                "point_gradient_norm": np.linalg.norm(model.train_gradients[removed], axis=1),
                "moved": np.linalg.norm(local.linear - model.theta, axis=1),
                "theta": model.theta,
                "distance": _distances(stages),
                "remaining": np.linalg.norm(stages["pbrf"] - stages["lissa"], axis=1),
                "paired_distance": _distances({name: stages[name] - whole[name] for name in CHAIN}),
                "effect": np.stack([_effects(training, stages[at], whole[at], X_test, y_test) for at in MEASURED]),
                "predicted": np.stack(
                    [test_gradients @ (stages[name] - model.theta).T for name in ("linear", "lissa")]
                ),
                "gradient_norm": [[fit.gradient_norm for fit in found] for found in fits],
                "converged": [[fit.converged for fit in found] for found in fits],
                "hessians": [[fit.hessians for fit in found] for found in fits],
            }
        )
    default = toy_network(data, toy_training(toy, activation="tanh"), trained[length][1]["cold"])
    errors = tangent_errors(default, damping, removed[:TANGENT_POINTS])
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} | {
        "hidden": np.array(toy["hidden"]),
        "points": removed,
        "tangent_error": errors,
    }


def _retrainings(
    data: dict[str, Array], training: Training, seed: int, points: Array
) -> tuple[dict[str, Array], dict[str, Array]]:
    """θ without each point (k, p) and with all points (p,), trained from the random start and from θ^s."""
    X, y, n = data["X_train"], data["y_train"], len(data["X_train"])
    weights = leave_out(n, [[], *([point] for point in points)])
    dropped = replace(training, absent="dropped")

    def train(how: Training, starts: Array | None = None) -> Array:
        return retrain(make_work(X, y, weights, seed, starts), how).parameters[:, -1].astype(np.float64)

    cold, other = train(training), train(dropped)
    warm = train(training, cold[0])
    found = {"cold": cold, "warm": warm, "other batches": other}
    return {name: each[1:] for name, each in found.items()}, {name: each[0] for name, each in found.items()}


def _distances(stages: dict[str, Array]) -> Array:
    """Parameter distance between each stage and the next, shape (5, k)."""
    return np.stack([np.linalg.norm(stages[a] - stages[b], axis=1) for a, b in pairwise(CHAIN)])


def _effects(training: Training, without: Array, whole: Array, X: Array, y: Array) -> Array:
    """Changes of test losses, shape (m, k)."""
    losses = logistic_losses(np.concatenate([whole[None], without]), training, X, y)  # (k + 1, m)
    return (losses[1:] - losses[0]).T
