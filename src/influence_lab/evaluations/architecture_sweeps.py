"""How the agreement of influence with retraining depends on depth, width and weight decay."""

from typing import Any, NamedTuple

import numpy as np

from influence_lab.attributions.influence import influence
from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations.response_gaps import drawn_points
from influence_lab.models.retraining import logits, retrain
from influence_lab.models.retraining_weights import leave_out
from influence_lab.models.retraining_work import make_work
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

    The weight decay counts in the curvature, G + (λ + decay) I.

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
        With V networks: `sweep`, `value` (V,); `correlation` (V, seeds, tests); `loss` (V, seeds), mean training loss;
        `test_loss` (V, seeds, tests).
    """
    X, y, n = data["X_train"], data["y_train"], len(data["X_train"])
    X_test, y_test = data["X_test"][:tests], data["y_test"][:tests]
    chosen = variants(toy["hidden"], depths, widths, decays)
    found: dict[str, list[list[Any]]] = {"correlation": [], "loss": [], "test_loss": []}
    for variant in chosen:
        training = toy_training(toy, hidden=variant.hidden, decay=variant.decay, absent="masked")
        rows = []
        for seed in range(seeds):
            removed = drawn_points(n, sweep_points, seed)
            weights = leave_out(n, [[], *([point] for point in removed)])
            theta = retrain(make_work(X, y, weights, seed), training).parameters[:, -1]
            f = logits(theta, training, X_test).astype(np.float64)
            losses = np.logaddexp(0, f) - y_test * f
            model = toy_network(data, training, theta[0])
            curvature = model.gauss_newton() + (damping + variant.decay) * np.eye(model.network.size)
            scores = influence(model.loss_gradients(X_test, y_test), model.train_gradients[removed], curvature)
            agreement = correlations(-scores / n, (losses[1:] - losses[0]).T)
            rows.append((agreement, model.losses(X, y).mean(), losses[0]))
        for name, values in zip(found, zip(*rows, strict=True), strict=True):
            found[name].append(list(values))
    return {name: np.array(values) for name, values in found.items()} | {
        "sweep": np.array([one.sweep for one in chosen]),
        "value": np.array([one.value for one in chosen]),
    }
