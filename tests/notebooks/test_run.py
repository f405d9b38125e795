"""The runner's contract, a test for each point."""

import json
import os
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
import pytest

from influence_lab.notebooks import run as module
from influence_lab.notebooks.run import KernelDiedError, NotebookFailedError, run
from influence_lab.notebooks.source import NotebookSourceError

HEADER = "# %% [markdown]\n# # A page\n# %% tags=['parameters']\nseed = 0\n# %%\n"


def write(folder: Path, body: str, name: str = "page") -> Path:
    source = folder / f"{name}.py"
    source.write_text(HEADER + body)
    return source


def execute(folder: Path, body: str, name: str = "page", **parameters) -> nbformat.NotebookNode:
    output = folder / "out" / f"{name}.ipynb"
    run(write(folder, body, name), output, folder / "log" / f"{name}.ipynb", parameters)
    return nbformat.read(output, as_version=4)


def printed(notebook: nbformat.NotebookNode) -> str:
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))


def test_a_percent_script_runs_with_the_given_parameters(tmp_path):
    notebook = execute(tmp_path, "print(seed + 1)", seed=4)
    assert printed(notebook) == "5\n"
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert notebook.metadata["influence_lab"]["parameters"] == {"seed": 4}
    assert not (tmp_path / "log" / "page.ipynb").exists()


def test_an_unknown_parameter_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(NotebookSourceError, match="has no parameter sed; it has: seed"):
        execute(tmp_path, "open('ran', 'w')", sed=1)
    assert not (tmp_path / "out").exists()


def test_a_notebook_without_a_parameters_cell_is_refused(tmp_path):
    source = tmp_path / "page.py"
    source.write_text("# %%\n1\n")
    with pytest.raises(NotebookSourceError, match="no cell tagged parameters"):
        run(source, tmp_path / "out.ipynb", tmp_path / "log.ipynb", {})


def test_a_failed_notebook_is_kept_with_its_traceback(tmp_path):
    with pytest.raises(NotebookFailedError, match=r"page\.py: cell 4 raised ZeroDivisionError: .*log/page\.ipynb"):
        execute(tmp_path, "print('before')\n# %%\n1 / 0")
    assert not (tmp_path / "out").exists()
    kept = nbformat.read(tmp_path / "log" / "page.ipynb", as_version=4)
    assert "before" in printed(kept)
    errors = [output for cell in kept.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert errors[0]["ename"] == "ZeroDivisionError"
    assert "1 / 0" in re.sub(r"\x1b\[[0-9;]*m", "", "".join(errors[0]["traceback"]))  # without colours


def test_a_killed_kernel_is_reported_with_the_cell(tmp_path):
    with pytest.raises(KernelDiedError, match=r"DeadKernelError: the kernel died in cell 3 .*log/page\.ipynb"):
        execute(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert not (tmp_path / "out").exists()


def test_two_runs_give_identical_bytes(tmp_path):
    body = "from influence_lab.figures.show import show\nfrom influence_lab.figures.theme import new_figure\n" + (
        "figure = new_figure('t', 'x', 'y')\nshow(figure.add_scatter(x=[1], y=[2]), 'caption', 'alt')"
    )
    contents = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        execute(folder, body, seed=1)
        contents.append((folder / "out" / "page.ipynb").read_bytes())
    assert contents[0] == contents[1]
    assert b"time" not in json.dumps(json.loads(contents[0])["metadata"]).encode()


def test_the_kernel_has_directories_of_its_own_and_one_thread(tmp_path):
    body = (
        "import os\nfrom IPython.paths import get_ipython_dir\nfrom jupyter_core.paths import jupyter_runtime_dir\n"
        "print(get_ipython_dir(), jupyter_runtime_dir(), os.environ['OMP_NUM_THREADS'], sep='|')"
    )
    before = os.environ.copy()
    first, second = (printed(execute(tmp_path, body, name)).strip().split("|") for name in ("one", "two"))
    assert os.environ == before
    assert first[0] != second[0]
    assert first[1] != second[1]
    assert not Path(first[0]).exists()
    assert first[2] == "1"


def _run_one(arguments):
    folder, name = arguments
    return printed(execute(folder, f"print({name!r}, seed)", name, seed=1))


def test_ten_notebooks_in_parallel_do_not_race(tmp_path):
    names = [f"page{index}" for index in range(10)]
    with ProcessPoolExecutor(10, mp_context=get_context("spawn")) as pool:
        results = list(pool.map(_run_one, [(tmp_path, name) for name in names]))
    assert results == [f"{name} 1\n" for name in names]


def test_progress_names_notebook_cell_and_elapsed_on_a_terminal_only(tmp_path, monkeypatch, capsys):
    execute(tmp_path, "1")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: True)
    execute(tmp_path, "1", seed=1)
    said = capsys.readouterr().err
    assert re.search(r"page: cell 2 of 4, \d+ s\n", said)
    assert re.search(r"page: done, \d+ s\n", said)
