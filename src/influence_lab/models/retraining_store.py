"""Finished chunks on disk, so that a run that was killed goes on where it stopped."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from influence_lab.artifacts import (
    DamagedArtifactError,
    MissingArtifactError,
    read_arrays,
    read_facts,
    write_arrays,
    write_facts,
)
from influence_lab.imports import imported_files
from influence_lab.locations import shown
from influence_lab.models.retraining_work import Training, Work


class OtherWorkError(ValueError):
    """A folder holds chunks of other work; the message says in what it differs and what to do."""


class Store:
    """A folder of chunks, each written whole or not at all, and a record of the work that they belong to.

    Args:
        folder: made when something is written.
        facts: what the chunks depend on, as JSON can hold it.

    Raises:
        OtherWorkError: the folder belongs to other points, weights, seeds, training or code.
    """

    def __init__(self, folder: Path | str, facts: dict[str, object]) -> None:
        self.folder = Path(folder)
        self.identity = hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()
        record = self.folder / "work.json"
        there = _or_none(read_facts, record)
        if there is not None and there != facts:
            different = sorted(key for key in facts.keys() | there.keys() if facts.get(key) != there.get(key))
            raise self._other(f"other {', '.join(different)}")
        if there is None:
            write_facts(record, facts)

    def read(self, number: int) -> dict[str, np.ndarray] | None:
        """A chunk's arrays, or None when it is not there, or not whole (it is then set aside).

        Raises:
            OtherWorkError: the chunk belongs to other work.
        """
        arrays = _or_none(read_arrays, self._path(number))
        if arrays is None:
            return None
        if str(arrays.pop("identity", "")) != self.identity:
            raise self._other(f"{self._path(number).name} of other work")
        return arrays

    def write(self, number: int, arrays: dict[str, np.ndarray]) -> None:
        """Keep a finished chunk."""
        write_arrays(self._path(number), identity=np.array(self.identity), **arrays)

    def _path(self, number: int) -> Path:
        return self.folder / f"chunk_{number:05d}.npz"

    def _other(self, what: str) -> OtherWorkError:
        where = shown(self.folder)
        return OtherWorkError(f"{where} holds retrained models with {what}; remove it to start anew: rm -r {where!r}")


def fingerprint(work: Work, training: Training, chunk: int) -> dict[str, object]:
    """What the result depends on: hashes of the arrays and of the engine's code, and the training's values."""
    arrays = {"points": (work.X, work.y), "weights": (work.weights,), "seeds": (work.start_seeds, work.order_seeds)}
    arrays |= {"starts": (work.starts,), "anchors": (work.anchors,)}
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(training).items()}
    code = hash_of_code(Path(__file__).with_name("retraining_train.py"))
    return {key: hash_of(parts) for key, parts in arrays.items()} | values | {"chunk": chunk, "code": code}


def hash_of(arrays: tuple[np.ndarray | None, ...]) -> str:
    """SHA-256 of arrays with their types and shapes."""
    total = hashlib.sha256()
    for array in arrays:
        if array is not None:
            total.update(repr((array.dtype.str, array.shape)).encode())
            total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


@cache
def hash_of_code(trainer: Path) -> str:
    """SHA-256 of a file of this package and of the package's files that it imports."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in [trainer, *imported_files(trainer)])).hexdigest()


def _or_none(read: Callable, path: Path):
    try:
        return read(path)
    except (MissingArtifactError, DamagedArtifactError):
        return None
