"""Safetensors files whose damage is a ValueError, as `influence_lab.artifacts.read_whole` wants it."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor


def load_tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a file by name.

    Raises:
        ValueError: it is damaged.
    """
    try:
        return load_file(file)
    except SafetensorError as error:
        raise ValueError(f"{file.name}: {error}") from error


def checked_files(folder: Path) -> list[Path]:
    """The files in a folder, sorted, after a look at the header of each: it gives the size that the file must have.

    Raises:
        ValueError: one is damaged, or there is none.
    """
    files = sorted(folder.iterdir())
    for file in files:
        try:
            if file.suffix == ".safetensors":
                with safe_open(file, "pt"):
                    pass
            elif file.suffix == ".json":
                json.loads(file.read_text(encoding="utf-8"))
        except (SafetensorError, ValueError) as error:
            raise ValueError(f"{file.name}: {error}") from error
    if not files:
        raise ValueError("the folder is empty")
    return files
