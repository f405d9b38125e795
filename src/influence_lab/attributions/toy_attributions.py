"""Scores, time and memory of every method of the scoreboard on the toy networks of all seeds."""

import time
import tracemalloc
from typing import NamedTuple

import numpy as np

from influence_lab.attributions.influence import NotPositiveDefiniteError
from influence_lab.attributions.toy_methods import METHODS, Method, Options, Scores, Setting
from influence_lab.models.retraining import one_thread
from influence_lab.models.retraining_work import Training
from influence_lab.models.toy import toy_network

Array = np.ndarray


class Run(NamedTuple):
    """One method on one setting: its scores, processor seconds, and why it gave none ("" where it did)."""

    scores: Scores
    seconds: float
    failure: str


def run(method: Method, setting: Setting) -> Run:
    """Run a method, all gradients computed before the clock starts."""
    setting.share()
    _ = setting.earlier
    start = time.process_time()
    try:
        scores, failure = method(setting), ""
    except NotPositiveDefiniteError as error:
        scores, failure = Scores(None, None), str(error).split(", need")[0]
    return Run(scores, time.process_time() - start, failure)


def peak_bytes(method: Method, setting: Setting) -> int:
    """Most memory that numpy's arrays take while a method runs, beyond the gradients.

    torch's tensors are not seen: passes through the network, whose gradients (a few MB) are shared by nearly all
    methods, and the Hessian of the one that takes it, p² numbers.
    """
    setting.share()
    _ = setting.earlier
    tracemalloc.start()
    try:
        run(method, setting)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def gradient_seconds(setting: Setting) -> float:
    """Processor seconds of all gradients at one trained network, the first time that they are asked for."""
    start = time.process_time()
    setting.share()
    return time.process_time() - start


def toy_settings(
    data: dict[str, Array], trained: dict[str, Array], training: Training, targets: Array, options: Options
) -> dict[str, list[Setting]]:
    """For each seed the network trained with the true labels (`true`) and with some of them wrong (`flipped`).

    Args:
        data: arrays of `toy_data`.
        trained: arrays of the rule `toy_scoreboard_networks`.
        training: how they were trained.
        targets: indices of the test points whose margins are attributed, shape (m,).
        options: numbers of the methods.
    """
    X, y = data["X_test"][targets], data["y_test"][targets]

    def setting(thetas: Array, labels: Array, seed: int) -> Setting:
        path = [toy_network(data | {"y_train": labels}, training, theta) for theta in thetas]
        return Setting(path, X, y, training.learning_rate, options, seed)

    seeds = range(len(trained["theta"]))
    return {
        "true": [setting(trained["theta"][seed], data["y_train"], seed) for seed in seeds],
        "flipped": [setting(trained["flipped_theta"][seed], trained["flipped_labels"][seed], seed) for seed in seeds],
    }


def toy_attributions(settings: dict[str, list[Setting]], methods: dict[str, Method] = METHODS) -> dict[str, Array]:
    """Run every method on every setting.

    Returns:
        `methods`, shape (K,), names. `matrix`, shape (S, K, m, n), float32, with the true labels; `own`, shape
        (S, K, n), with flipped ones; NaN where a method does not define it. `seconds`, shape (S, K), of processor time
        for the matrix and the own scores together; `gradient_seconds`, shape (S,), for the gradients at the trained
        network. `peak_bytes`, shape (K,), of the first seed. `failures` and `own_failures`, shape (S, K), why there is
        no matrix and no own score.
    """
    with one_thread():
        settings["flipped"][0].share()  # torch's first pass is not the cost of gradients
        gradients = [gradient_seconds(setting) for setting in settings["true"]]
        runs = [[run(method, setting) for method in methods.values()] for setting in settings["true"]]
        flipped = [[run(method, setting) for method in methods.values()] for setting in settings["flipped"]]
        peaks = [peak_bytes(method, settings["true"][0]) for method in methods.values()]
    first = settings["true"][0]
    m, n = len(first.X), len(first.network.X)
    return {
        "methods": np.array(list(methods)),
        "matrix": np.array([[_filled(one.scores.matrix, (m, n)) for one in row] for row in runs], dtype=np.float32),
        "own": np.array([[_filled(one.scores.own, (n,)) for one in row] for row in flipped]),
        "seconds": np.array([[one.seconds for one in row] for row in runs]),
        "gradient_seconds": np.array(gradients),
        "peak_bytes": np.array(peaks),
        "failures": np.array([[one.failure for one in row] for row in runs]),
        "own_failures": np.array([[one.failure for one in row] for row in flipped]),
    }


def _filled(values: Array | None, shape: tuple[int, ...]) -> Array:
    return np.full(shape, np.nan) if values is None else values
