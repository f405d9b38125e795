"""Checkpoints of one training on disk: the two newest, each written whole or not at all."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from influence_lab.artifacts import DamagedArtifactError, read_arrays, write_arrays
from influence_lab.locations import shown

Array = np.ndarray


class OtherTrainingError(ValueError):
    """A folder holds checkpoints of another training; the message says in what it differs and what to do."""


class DamagedCheckpointWarning(UserWarning):
    """A checkpoint could not be read; the message names it."""


class Checkpoints:
    """A folder of checkpoints that belong to one training.

    Args:
        folder: made when the first checkpoint is written.
        training: what the result depends on, as JSON can hold it; stored in every checkpoint.
    """

    def __init__(self, folder: Path | str, training: Mapping[str, object]) -> None:
        self.folder = Path(folder)
        self._training = json.loads(json.dumps(training))

    def newest(self) -> dict[str, Array] | None:
        """Arrays of the newest checkpoint that is whole, or None where there is none.

        A damaged one is set aside, with a `DamagedCheckpointWarning`, and the one before it is taken.

        Raises:
            OtherTrainingError: it belongs to another training.
        """
        for path in reversed(self._paths()):
            try:
                arrays = read_arrays(path)
                training = json.loads(str(arrays.pop("training", "{}")))
            except DamagedArtifactError:
                text = f"{shown(path)} is damaged and was set aside; training goes on from the checkpoint before it"
                warnings.warn(text, DamagedCheckpointWarning, stacklevel=2)
                continue
            if training != self._training:
                raise self._other(training)
            return arrays
        return None

    def write(self, step: int, arrays: Mapping[str, Array]) -> None:
        """Keep what belongs to a step, and of the earlier checkpoints only the newest."""
        path = self.folder / f"step_{step:09d}.npz"
        write_arrays(path, training=np.array(json.dumps(self._training)), **arrays)
        for earlier in self._paths()[:-2]:
            earlier.unlink()

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("step_*.npz"))

    def _other(self, training: dict[str, object]) -> OtherTrainingError:
        keys = training.keys() | self._training.keys()
        different = ", ".join(sorted(key for key in keys if training.get(key) != self._training.get(key)))
        where = shown(self.folder)
        return OtherTrainingError(
            f"{where} holds a training with other {different}; remove it to start anew: rm -r {where!r}"
        )
