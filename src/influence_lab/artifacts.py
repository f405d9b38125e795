"""Read and write artifacts: whole or not at all.

Every file is written to a temporary name beside its place and renamed, so a killed run leaves no partial artifact.
Every read checks the content (CRC of npz members, page checksums of Parquet), and a damaged file is set aside under
`NAME.damaged`, so that the next `snakemake` makes it anew.
"""

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from influence_lab.locations import shown


class MissingArtifactError(FileNotFoundError):
    """An artifact is not there; the message names the command that makes it."""


class DamagedArtifactError(ValueError):
    """An artifact cannot be read; it has been set aside and the message names the command that makes it anew."""


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """Give a temporary path to write to; rename it to `path` when the block ends well, remove it when it does not.

    >>> with whole(getfixture("tmp_path") / "a.txt") as partial:
    ...     _ = partial.write_text("complete")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path | str) -> Iterator[Path]:
    """Give a temporary folder to write into; rename it to `path` when the block ends well, remove it when it does not.

    An older folder at `path` is replaced; it is moved away first, so that a kill leaves no half of it there.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial"))
    try:
        yield partial
        partial.chmod(0o777 & ~_umask())
        if path.exists():
            path.replace(partial.with_suffix(".old"))
        partial.replace(path)
    finally:
        shutil.rmtree(partial.with_suffix(".old"), ignore_errors=True)
        shutil.rmtree(partial, ignore_errors=True)


def write_arrays(path: Path | str, **arrays: np.ndarray) -> None:
    """Write named arrays to an npz file (no pickles).

    Raises:
        TypeError: an array has dtype object, which only a pickle could hold.
    """
    for name, array in arrays.items():
        if np.asarray(array).dtype == object:
            raise TypeError(f"array {name!r} for {shown(path)} has dtype object; give numbers or fixed-length strings")
    with whole(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def read_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """All arrays of an npz file by name.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the file.
    """

    def load(file: Path) -> dict[str, np.ndarray]:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}

    return read_whole(path, load)


def write_table(path: Path | str, table: pd.DataFrame) -> None:
    """Write a table to Parquet with page checksums."""
    with whole(path) as partial:
        pq.write_table(
            pa.Table.from_pandas(table, preserve_index=False), partial, compression="zstd", write_page_checksum=True
        )


def read_table(path: Path | str) -> pd.DataFrame:
    """The table in a Parquet file, its checksums verified.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the file.
    """
    return read_whole(path, lambda file: pq.read_table(file, page_checksum_verification=True).to_pandas())


def write_facts(path: Path | str, facts: Any) -> None:
    """Write small facts as JSON with sorted keys. NaN and infinity raise ValueError: JSON has neither."""
    text = json.dumps(facts, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    with whole(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def read_facts(path: Path | str) -> Any:
    """What a JSON file holds.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the file.
    """
    return read_whole(path, lambda file: json.loads(file.read_text(encoding="utf-8")))


def read_whole(path: Path | str, load: Callable[[Path], Any]) -> Any:
    """What `load` reads from a file, with one clear error where the file is missing or damaged.

    Args:
        path: the file, or a folder.
        load: reads it, and raises when the content is not whole.

    Returns:
        What `load` returns.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the file.
    """
    path = Path(path)
    if not path.exists():
        raise MissingArtifactError(f"{shown(path)} is not there yet; make it with: snakemake {shown(path)!r}")
    try:
        return load(path)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error, pa.ArrowException) as error:
        aside = path.with_name(path.name + ".damaged")
        if aside.is_dir():
            shutil.rmtree(aside)  # of an earlier day; a file would be replaced, a folder is not
        path.replace(aside)
        what = (str(error) or type(error).__name__).splitlines()[0]
        raise DamagedArtifactError(
            f"{shown(path)} is damaged ({what}); it was set aside as {aside.name}; "
            f"make it anew with: snakemake {shown(path)!r}"
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
