"""Real retrainings of the toy network on random subsets of its training points."""

from pathlib import Path

import numpy as np

from influence_lab.models.retraining import logits, retrain
from influence_lab.models.retraining_order import steps_per_epoch
from influence_lab.models.retraining_weights import random_subsets
from influence_lab.models.retraining_work import Training, make_work

Array = np.ndarray
STREAMS = {"subsets": 0, "held_out": 1}  # so that held-out subsets and starts are never those of a fit


def subset_retrainings(
    data: dict[str, Array],
    training: Training,
    alpha: float,
    subsets: int,
    kept: int = 0,
    threads: int = 1,
    folder: Path | str | None = None,
) -> dict[str, Array]:
    """Train the toy network once on each of many random α-subsets, every time from a start of its own.

    A start and batch order a subset, because the random draws of training are part of what a datamodel averages over
    (Ilyas et al. 2022): the expected output given the subset is what it has to predict.

    Args:
        data: arrays of `toy_data`.
        training: how.
        alpha: share of the n training points in each subset, rounded to whole points.
        subsets: k, their number.
        kept: for how many of the first models θ is stored.
        threads: processes.
        folder: where finished chunks are kept until the caller has stored the result.

    Returns:
        `masks`, shape (k, n), uint8: 1 for a point that the model saw. `train_margins` of shape (k, n) and
        `test_margins` of shape (k, m), float32: logits of the right class. `theta`, shape (kept, p), float32. `steps`
        of the optimiser in one training, which are fewer for small subsets.
    """
    masks, seeds = _draw(len(data["X_train"]), alpha, subsets, "subsets")
    work = make_work(data["X_train"], data["y_train"], masks, seeds)
    parameters = retrain(work, training, threads, folder).parameters[:, -1]  # (k, p)
    return {
        "masks": masks.astype(np.uint8),
        **_margins(parameters, training, data),
        "theta": parameters[:kept],
        "steps": training.epochs * steps_per_epoch(work, training)[0],
    }


def held_out_retrainings(
    data: dict[str, Array],
    training: Training,
    alpha: float,
    subsets: int,
    repeats: int,
    threads: int = 1,
    folder: Path | str | None = None,
) -> dict[str, Array]:
    """Train the toy network several times on each of some further random α-subsets, to judge predictions by.

    Args:
        data: arrays of `toy_data`.
        training: how.
        alpha: share of the n training points in each subset.
        subsets: j, their number; none is one of `subset_retrainings`.
        repeats: r, trainings of each subset, from different starts.
        threads: processes.
        folder: where finished chunks are kept until the caller has stored the result.

    Returns:
        `masks`, shape (j, n), uint8; `train_margins`, shape (j, r, n) and `test_margins`, shape (j, r, m), float32.
    """
    masks, seeds = _draw(len(data["X_train"]), alpha, subsets, "held_out", repeats)
    work = make_work(data["X_train"], data["y_train"], np.repeat(masks, repeats, axis=0), seeds)
    parameters = retrain(work, training, threads, folder).parameters[:, -1]  # (j r, p)
    margins = _margins(parameters, training, data)
    return {"masks": masks.astype(np.uint8)} | {
        name: values.reshape(subsets, repeats, -1) for name, values in margins.items()
    }


def _draw(n: int, alpha: float, subsets: int, stream: str, repeats: int = 1) -> tuple[Array, Array]:
    """Masks, and a seed a training that no other α or stream has."""
    base = 1_000_000 * round(1000 * alpha) + 500_000 * STREAMS[stream]
    return random_subsets(n, alpha, subsets, seed=base), base + np.arange(subsets * repeats)


def _margins(parameters: Array, training: Training, data: dict[str, Array]) -> dict[str, Array]:
    return {
        f"{part}_margins": (logits(parameters, training, data[f"X_{part}"]) * (2 * data[f"y_{part}"] - 1)).astype(
            np.float32
        )
        for part in ("train", "test")
    }
