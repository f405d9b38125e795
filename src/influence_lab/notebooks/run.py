"""Run a percent notebook through papermill, so that what comes out is whole, reproducible and debuggable."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from influence_lab.artifacts import whole
from influence_lab.locations import ROOT, shown
from influence_lab.notebooks.source import check_parameters, number_cells, read_source

VERSIONS_SHOWN = ("torch", "numpy", "scipy", "scikit-learn", "kronfluence", "plotly", "snakemake", "papermill")


class NotebookFailedError(RuntimeError):
    """A cell raised; the message names the notebook, the cell and the error, and where the traceback is."""


class KernelDiedError(RuntimeError):
    """The kernel was killed; the message holds the word DeadKernelError and where it had come to."""


def run(source: Path, output: Path, log: Path, parameters: dict[str, Any]) -> None:
    """Execute a notebook with parameters.

    It executes into `log`, saved after every cell, and is moved to `output` when all cells have succeeded: Snakemake
    deletes the outputs of a failed job, and a failed notebook is worth opening. The kernel gets directories of its
    own, so notebooks that run side by side do not race, and one thread. Two runs from the same artifacts give
    identical bytes.

    Args:
        source: percent script.
        output: executed notebook, written only when all cells succeeded.
        log: where the notebook lies while it runs, and stays when it fails.
        parameters: values for the names in the cell tagged `parameters`.

    Raises:
        NotebookSourceError: no such parameter, or no parameters cell.
        NotebookFailedError: a cell raised.
        KernelDiedError: the kernel died.
    """
    notebook = read_source(source)
    log.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, log)
    check_parameters(source, log, parameters)
    with _private_directories(source.stem):
        _execute(source, log, dict(sorted(parameters.items())))
    executed = nbformat.read(log, as_version=4)
    scrub(executed, source.stem, parameters)
    with whole(output) as partial:
        nbformat.write(executed, partial)
    log.unlink()


def scrub(notebook: nbformat.NotebookNode, name: str, parameters: dict[str, Any]) -> None:
    """Remove what differs between two runs, and keep the source's name, parameters and versions for the footer."""
    number_cells(notebook)
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
    notebook.metadata.pop("papermill", None)
    notebook.metadata["influence_lab"] = {
        "notebook": name,
        "parameters": parameters,
        "versions": {"python": sys.version.split()[0]} | {name: version(name) for name in VERSIONS_SHOWN},
    }


def _execute(source: Path, log: Path, parameters: dict[str, Any]) -> None:
    progress = _Progress(source.stem)
    try:
        papermill.execute_notebook(
            str(log),
            str(log),
            parameters=parameters,
            kernel_name="python3",
            language="python",
            cwd=str(ROOT / "notebooks"),
            progress_bar=False,
            record_timing=False,
            extra_arguments=["--Application.log_level=ERROR"],  # no notice that TCP is not encrypted
            on_cell_start=progress.cell_started,
            on_notebook_start=progress.notebook_started,
        )
    except PapermillExecutionError as error:
        raise NotebookFailedError(
            f"{shown(source)}: cell {error.cell_index + 1} raised {error.ename}: {error.evalue}; "
            f"the notebook with its traceback is {shown(log)}"
        ) from error
    except DeadKernelError as error:
        raise KernelDiedError(
            f"{shown(source)}: DeadKernelError: the kernel died in cell {progress.cell} (killed, or out of memory); "
            f"what ran before it is in {shown(log)}; run the same command again"
        ) from error
    progress.finished()


class _Progress:
    """One line a cell on a terminal: notebook, cell, elapsed. Silent where nobody watches."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cell = 0  # counted from 1
        self.cells = 0
        self.started = time.monotonic()

    def notebook_started(self, notebook: nbformat.NotebookNode) -> None:
        self.cells = len(notebook.cells)

    def cell_started(self, cell: nbformat.NotebookNode, cell_index: int) -> None:
        self.cell = cell_index + 1
        if cell.cell_type == "code":
            self._say(f"cell {self.cell} of {self.cells}")

    def finished(self) -> None:
        self._say("done")

    def _say(self, what: str) -> None:
        if sys.stderr.isatty():
            print(f"  {self.name}: {what}, {time.monotonic() - self.started:.0f} s", file=sys.stderr, flush=True)


@contextmanager
def _private_directories(name: str) -> Iterator[None]:
    """IPython and Jupyter directories of this run's own, and one thread, for as long as the kernel lives.

    Kernels that share IPYTHONDIR race on its history database, and those that share a runtime directory on
    connection files. More threads would make sums depend on the machine's load.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        private = {
            "IPYTHONDIR": f"{folder}/ipython",
            "JUPYTER_RUNTIME_DIR": f"{folder}/runtime",
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        }
        before = {name: os.environ.get(name) for name in private}
        os.environ.update(private)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
