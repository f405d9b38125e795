"""How the agreement of influence with retraining depends on depth, width and weight decay."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from influence_lab.attributions.influence import influence
from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations.drawn_points import drawn_points
from influence_lab.models.retraining import logistic_losses, retrain
from influence_lab.models.retraining_weights import leave_out
from influence_lab.models.retraining_work import Training, make_work
from influence_lab.models.toy import toy_network, toy_training

Array = np.ndarray


class Variant(NamedTuple):
    """One network of a sweep: which sweep, the swept value, hidden widths and weight decay."""

    sweep: str
    value: float
    hidden: tuple[int, ...]
    decay: float


def variants(hidden: list[int], depths: list[int], widths: list[int], decays: list[float]) -> list[Variant]:
    """The networks of the three sweeps, each through the toy network.

    Depth d: the toy network's hidden widths, cut after d layers or with its last width repeated. Width w: its hidden
    widths scaled so that the first is w.

    >>> [one.hidden for one in variants([32, 16], [1, 3], [8], [])]
    [(32,), (32, 16, 16), (8, 4)]
    """
    deep = [("depth", d, (*hidden, *[hidden[-1]] * d)[:d], 0.0) for d in depths]
    wide = [("width", w, tuple(max(1, each * w // hidden[0]) for each in hidden), 0.0) for w in widths]
    return [Variant(*one) for one in [*deep, *wide, *(("weight decay", each, tuple(hidden), each) for each in decays)]]


def architecture_sweeps(
    data: dict[str, Array],
    toy: dict[str, Any],
    seeds: int,
    damping: float,
    sweep_points: int,
    tests: int,
    depths: list[int],
    widths: list[int],
    decays: list[float],
) -> dict[str, Array]:
    """Correlation over left-out points of influence with retraining from the same random start, in the same batches.

    The weight decay counts in the curvature, G + (λ + decay) I. The toy network, which every sweep goes through, is
    trained once.

    Args:
        data: arrays of `toy_data`.
        toy: the configuration's section.
        seeds: starts.
        damping: λ.
        sweep_points: points left out for each network and seed.
        tests: test points.
        depths: hidden layers.
        widths: first hidden width.
        decays: weight decays.

    Returns:
        With V networks: `sweep`, `value` (V,); `first` (V,), false for a network that an earlier sweep has;
        `correlation` (V, seeds, tests); `ceiling` (V, seeds, tests), of the measured effects with those of other
        batches (the data without the point); `loss` (V, seeds), mean training loss.
    """
    n = len(data["X_train"])
    chosen = variants(toy["hidden"], depths, widths, decays)
    found: dict[tuple, list[dict[str, Array]]] = {}
    first = []
    for variant in chosen:
        key = (variant.hidden, variant.decay)
        first.append(key not in found)
        if first[-1]:
            training = toy_training(toy, hidden=variant.hidden, decay=variant.decay, absent="masked")
            points = (drawn_points(n, sweep_points, seed) for seed in range(seeds))
            found[key] = [_agreement(data, training, damping, seed, each, tests) for seed, each in enumerate(points)]
    rows = [found[(one.hidden, one.decay)] for one in chosen]
    return {name: np.array([[each[name] for each in row] for row in rows]) for name in rows[0][0]} | {
        "sweep": np.array([one.sweep for one in chosen]),
        "value": np.array([one.value for one in chosen]),
        "first": np.array(first),
    }


def _agreement(
    data: dict[str, Array], training: Training, damping: float, seed: int, removed: Array, tests: int
) -> dict[str, Array]:
    """One network and start: `correlation` and `ceiling` of each test point, and the training `loss`."""
    X, y, n = data["X_train"], data["y_train"], len(data["X_train"])
    X_test, y_test = data["X_test"][:tests], data["y_test"][:tests]
    work = make_work(X, y, leave_out(n, [[], *([point] for point in removed)]), seed)
    effects = []
    for how in (replace(training, absent="dropped"), training):
        theta = retrain(work, how).parameters[:, -1]
        losses = logistic_losses(theta, how, X_test, y_test)
        effects.append((losses[1:] - losses[0]).T)
    model = toy_network(data, training, theta[0])  # with all points both ways of training are the same
    curvature = model.gauss_newton() + (damping + training.decay) * np.eye(model.network.size)
    scores = influence(model.loss_gradients(X_test, y_test), model.train_gradients[removed], curvature)
    return {
        "correlation": correlations(-scores / n, effects[1]),
        "ceiling": correlations(*effects),
        "loss": model.losses(X, y).mean(),
    }
