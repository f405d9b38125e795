"""Seconds per retraining of the engine and of its alternatives, timed in turn in one run."""

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from influence_lab.evaluations.retraining_torch import retrain_one_by_one
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_work import Training, Work

ENGINE = "engine"


class Contender(NamedTuple):
    """Something that retrains, how many models it is timed on, and how often the engine must be faster (or None)."""

    run: Callable[[Work, Training], object]
    models: int
    target: float | None = None


def timings(work: Work, training: Training, contenders: Mapping[str, Contender], repeats: int) -> pd.DataFrame:
    """Time every contender on the first models of the work, in turn, so that a busy machine slows all of them.

    Each runs on one model first, untimed: libraries load and threads start. What every call repeats (the engine's
    processes, Keras's tracing of a rebuilt model) is inside the times.

    Args:
        work: at least as many models as any contender is timed on.
        training: how.
        contenders: by name.
        repeats: rounds.

    Returns:
        Table with columns contender, repeat, models, seconds and cpu_seconds (per model; the latter over all threads
        and processes, so that it says what the work costs on a machine that others use too).
    """
    for contender in contenders.values():
        contender.run(work.models(np.arange(1)), training)
    rows = []
    for repeat in range(repeats):
        for name, contender in contenders.items():
            part = work.models(np.arange(contender.models))
            start, cpu = time.perf_counter(), _cpu_seconds()
            contender.run(part, training)
            spent = {"seconds": time.perf_counter() - start, "cpu_seconds": _cpu_seconds() - cpu}
            each = {clock: seconds / contender.models for clock, seconds in spent.items()}
            rows.append({"contender": name, "repeat": repeat, "models": contender.models} | each)
    return pd.DataFrame(rows)


def _cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    spent = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def retraining_ratios(table: pd.DataFrame, contenders: Mapping[str, Contender]) -> list[dict[str, Any]]:
    """How many times faster the engine is than each other contender, round by round.

    Args:
        table: as `timings` gives it.
        contenders: the same as there; the engine is `ENGINE`.

    Returns:
        For each contender: name, models, median seconds per retraining, the median, least and largest ratio
        seconds(contender) / seconds(engine) of the rounds, the same medians of processor time, and the target with
        whether the median ratio of seconds reaches it.
    """
    seconds, cpu = (table.pivot(index="repeat", columns="contender", values=it) for it in ("seconds", "cpu_seconds"))
    entries = []
    for name, contender in contenders.items():
        ratios = (seconds[name] / seconds[ENGINE]).to_numpy()
        entry = {
            "contender": name,
            "models": contender.models,
            "seconds_per_retraining": float(seconds[name].median()),
            "times_faster": float(np.median(ratios)),
            "least": float(ratios.min()),
            "most": float(ratios.max()),
            "cpu_seconds_per_retraining": float(cpu[name].median()),
            "times_less_cpu": float((cpu[name] / cpu[ENGINE]).median()),
        }
        if contender.target is not None:
            entry |= {"target": contender.target, "reached": bool(np.median(ratios) >= contender.target)}
        entries.append(entry)
    return entries


def largest_difference(work: Work, training: Training) -> float:
    """Largest difference of any parameter between engine and plain torch loop, both in float64, same batch orders."""
    exact = replace(training, precision="float64")
    return float(np.abs(retrain(work, exact).parameters[:, -1] - retrain_one_by_one(work, exact)).max())


def cost_by_size(
    work: Work, training: Training, points: Sequence[int], networks: Sequence[tuple[int, ...]], models: int, loops: int
) -> pd.DataFrame:
    """Seconds per epoch of the engine on one core and of the plain torch loop as data and network grow.

    Args:
        work: its points are repeated or cut to each number of points.
        training: how; its network is replaced, and a tenth of its epochs is run.
        points: numbers of points.
        networks: hidden widths.
        models: models that the engine is timed on.
        loops: models that the loop is timed on.

    Returns:
        Table with columns points, network, parameters, contender and seconds (per model and epoch).
    """
    epochs = max(training.epochs // 10, 1)
    rows = []
    for n in points:
        part = work.models(np.arange(models) % len(work))
        index = np.arange(n) % len(work.X)
        part = replace(part, X=work.X[index], y=work.y[index], weights=part.weights[:, index])
        for network in networks:
            each = replace(training, hidden=tuple(network), epochs=epochs)
            contenders = {ENGINE: Contender(retrain, models), "torch loop": Contender(retrain_one_by_one, loops)}
            table = timings(part, each, contenders, repeats=1)
            size = each.network(work.X.shape[1]).size
            label = "-".join(str(width) for width in (*network, 1))
            rows.append(table.assign(points=n, network=label, parameters=size, seconds=table["seconds"] / epochs))
    return pd.concat(rows)[["points", "network", "parameters", "contender", "seconds"]]
