"""Rows of a JSON Lines or Parquet file that a reader gives, each with its place; what cannot be read is named."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from influence_lab.input_errors import InputError

EXTENSIONS = (".jsonl", ".parquet")


class FileError(InputError):
    """A file of the reader's cannot be read at all; the message names it and the remedy."""


class Row(NamedTuple):
    """A row as it stands in the file: what it holds, or why it cannot be read."""

    place: str  # FILE:LINE, or FILE: row ROW, counted from 1
    content: dict[str, Any]
    trouble: str | None = None


def read_rows(path: Path, keys: tuple[str, ...]) -> list[Row]:
    """All rows of a file, none left out. A null means that the key is not there.

    Args:
        path: with the extension .jsonl (one JSON object a line, in UTF-8) or .parquet.
        keys: that a row may have; a Parquet file's columns are compared with them once, for all rows.

    Raises:
        FileError: there is no such file, it is empty, cannot be read, or has another extension or column.
    """
    try:
        if path.suffix.lower() not in EXTENSIONS:
            raise FileError(f"{path}: got the extension {path.suffix!r}; allowed: {', '.join(EXTENSIONS)}")
        if not path.exists():
            raise FileError(f"{path}: there is no such file below {Path.cwd()}; correct the path")
        rows = list(_json_lines(path) if path.suffix.lower() == ".jsonl" else _parquet(path, keys))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({(str(error) or type(error).__name__).splitlines()[0]})") from error
    if not rows:
        raise FileError(f"{path}: the file is empty; write at least one row")
    return rows


def _json_lines(path: Path) -> Iterator[Row]:
    lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    for number, line in enumerate(lines[:-1] if not lines[-1] else lines, 1):
        place = f"{path}:{number}"
        try:
            content = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
            json.dumps(content, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            yield Row(place, {}, "an escape that is half a character (a lone surrogate); write both halves, or none")
        except UnicodeDecodeError as error:
            yield Row(place, {}, f"not UTF-8 from byte {error.start + 1} of the line on; save the file as UTF-8")
        except (ValueError, RecursionError) as error:
            yield Row(place, {}, f"not JSON ({error})" if line.strip() else "an empty line; remove it")
        else:
            yield _row(place, content)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key stands in it twice: JSON would take the last one without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return found


def _row(place: str, content: Any) -> Row:
    if not isinstance(content, dict):
        return Row(place, {}, f"not an object, but {type(content).__name__}; write {{...}} with a key for each value")
    return Row(place, {key: value for key, value in content.items() if value is not None})


def _parquet(path: Path, keys: tuple[str, ...]) -> Iterator[Row]:
    # not above: each start of Snakemake loads this module, and few have such a file
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(path).read()
    except pa.ArrowException as error:
        raise OSError(str(error)) from error
    unknown = [name for name in table.column_names if name not in keys]
    if unknown and re.fullmatch(r"__index_level_\d+__", unknown[0]):
        raise FileError(f"{path}: the column {unknown[0]!r} is pandas' index; write the file with index=False")
    if unknown:
        raise FileError(f"{path}: unknown column {unknown[0]!r}; allowed: {', '.join(keys)}")
    for number in range(table.num_rows):
        place = f"{path}: row {number + 1}"
        try:
            (content,) = table.slice(number, 1).to_pylist()
        except UnicodeDecodeError:
            yield Row(place, {}, "not UTF-8; write the column as UTF-8 strings")
        else:
            yield _row(place, content)
