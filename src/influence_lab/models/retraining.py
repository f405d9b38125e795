"""The retraining engine: thousands of small networks, in chunks that fit the cache, over processes."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from influence_lab.models.retraining_order import steps_per_epoch
from influence_lab.models.retraining_stack import Stack, with_ones
from influence_lab.models.retraining_store import Store, fingerprint
from influence_lab.models.retraining_train import train_chunk
from influence_lab.models.retraining_work import Training, Work


class Retrained(NamedTuple):
    """What retraining gives, a row a model.

    Attributes:
        parameters: θ at each checkpoint, shape (M, checkpoints, p), in the training's precision.
        gradient_norms: norm of the whole objective's gradient at the end, shape (M,): how far from a minimum.
    """

    parameters: np.ndarray
    gradient_norms: np.ndarray


def retrain(
    work: Work, training: Training, threads: int = 1, folder: Path | str | None = None, chunk: int = 32
) -> Retrained:
    """Train every model of the work from its own weights, seeds and start.

    Models go in chunks whose numbers stay in the processor's cache, one process a core, one thread a process. The
    result does not depend on `threads`. With a folder, each finished chunk is kept there, and a run that was killed
    goes on with what is missing; remove the folder once the result is stored elsewhere.

    Args:
        work: points, weights, seeds and starts.
        training: objective, network and optimiser.
        threads: processes; with 1 everything runs in this one.
        folder: where finished chunks are kept, or None.
        chunk: models trained together; 16 to 64 are fastest, far more spill out of the cache.

    Returns:
        Parameters and gradient norms, in the order of the work.

    Raises:
        ValueError: shapes do not fit (`Work.check`).
        OtherWorkError: the folder holds chunks of other work.
    """
    work.check(training)
    store = None if folder is None else Store(folder, fingerprint(work, training, chunk))
    chunks = split(steps_per_epoch(work, training), chunk)
    done = {} if store is None else {number: store.read(number) for number in range(len(chunks))}
    done = {number: arrays for number, arrays in done.items() if arrays is not None}
    waiting = {number: work.models(rows) for number, rows in enumerate(chunks) if number not in done}
    # disable=None: a bar on a terminal, silence elsewhere
    with tqdm(total=len(work), initial=len(work) - sum(map(len, waiting.values())), unit="net", disable=None) as bar:
        for number, arrays in _trained(waiting, training, min(threads, len(waiting))):
            if store is not None:
                store.write(number, arrays)
            done[number] = arrays
            bar.update(len(waiting[number]))
    places = np.argsort(np.concatenate(chunks))
    return Retrained(
        *(np.concatenate([done[k][name] for k in range(len(chunks))])[places] for name in Retrained._fields)
    )


def split(steps: np.ndarray, chunk: int) -> list[np.ndarray]:
    """Rows of models that take equally many steps, at most `chunk` together.

    >>> [rows.tolist() for rows in split(np.array([2, 1, 2, 2, 1]), 2)]
    [[1, 4], [0, 2], [3]]
    """
    groups = [np.flatnonzero(steps == count) for count in np.unique(steps)]
    return [rows[first : first + chunk] for rows in groups for first in range(0, len(rows), chunk)]


def logits(parameters: np.ndarray, training: Training, X: np.ndarray) -> np.ndarray:
    """Logits of each model for each input.

    Args:
        parameters: shape (M, p).
        training: gives the network.
        X: inputs, shape (rows, d).

    Returns:
        Shape (M, rows).
    """
    stack = Stack(training.network(X.shape[1]), torch.tensor(parameters))
    inputs = with_ones(torch.tensor(X, dtype=stack.parameters.dtype))
    return stack.logits(inputs.expand(len(parameters), -1, -1)).numpy()


def logistic_losses(parameters: np.ndarray, training: Training, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""Logistic loss $\log(1 + e^f) - yf$ of each model at each point, in nats and float64.

    Args:
        parameters: shape (M, p).
        training: gives the network.
        X: inputs, shape (rows, d).
        y: labels, shape (rows,).

    Returns:
        Shape (M, rows).
    """
    f = logits(parameters, training, X).astype(np.float64)
    return np.logaddexp(0, f) - y * f


def _trained(
    waiting: dict[int, Work], training: Training, processes: int
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Numbers and arrays of chunks as they finish."""
    if processes <= 1:
        for number, work in waiting.items():
            with one_thread():
                arrays = train_chunk(work, training)
            yield number, arrays
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
        with _without_main():
            numbers = {pool.submit(train_chunk, work, training): number for number, work in waiting.items()}
        try:
            for future in as_completed(numbers):
                yield numbers[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)  # after an error or Ctrl-C the rest is not started


def _start_worker() -> None:
    """One thread, Ctrl-C left to the parent, and no life after the parent's: it may be killed without warning."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent_process().join()
    os._exit(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute with one thread for a while: matrices as small as these lose by more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module: a spawned process runs it again otherwise, and a rule's script must not run twice."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
