"""Read executed notebooks."""

from pathlib import Path

import nbformat

from influence_lab.artifacts import read_whole


def read_executed(path: Path | str) -> nbformat.NotebookNode:
    """An executed notebook.

    Raises:
        MissingArtifactError, DamagedArtifactError: with the command that makes the file.
    """
    return read_whole(path, lambda file: nbformat.read(file, as_version=4))
