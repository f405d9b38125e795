"""From a percent script to a notebook that papermill can run."""

from pathlib import Path
from typing import Any

import jupytext
import nbformat
from papermill import inspect_notebook

from influence_lab.locations import shown

KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


class NotebookSourceError(ValueError):
    """A notebook's source cannot be run as it stands; the message names the notebook and the remedy."""


def read_source(source: Path) -> nbformat.NotebookNode:
    """A percent script as a notebook, with its kernel set and with cell ids that depend on position alone.

    Raises:
        FileNotFoundError: the source is not there.
        NotebookSourceError: it has no cell tagged `parameters`.
    """
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata["kernelspec"] = KERNELSPEC
    notebook.metadata["language_info"] = {"name": "python"}
    number_cells(notebook)
    if not any("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells):
        raise NotebookSourceError(f'{shown(source)} has no cell tagged parameters; add one: # %% tags=["parameters"]')
    return notebook


def check_parameters(source: Path, notebook: Path, parameters: dict[str, Any]) -> None:
    """Compare the parameters that will be set with those that the notebook has; papermill only warns.

    Args:
        source: the percent script, for the message.
        notebook: the same as an ipynb file.
        parameters: values by name.

    Raises:
        NotebookSourceError: a parameter that the notebook does not have; the message lists those it has.
    """
    known = inspect_notebook(str(notebook))
    unknown = sorted(parameters.keys() - known)
    if unknown:
        raise NotebookSourceError(
            f"{shown(source)} has no parameter {', '.join(unknown)}; it has: {', '.join(sorted(known))}. "
            "Add it to the cell tagged parameters, or take it out of the configuration"
        )


def number_cells(notebook: nbformat.NotebookNode) -> None:
    """Give cells ids by position: random ids would make two runs differ."""
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index:03d}"
