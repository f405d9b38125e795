import ast
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9][0-9]_*.py"))

MODEL_LIBRARIES = ["kronfluence", "transformers", "tensorflow"]  # slow to import, and they warn in a page's output


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_saved_unchanged_gives_the_same_text(path):
    """What JupyterLab writes is what is committed, so that a diff shows edits only."""
    assert jupytext.writes(jupytext.read(path), fmt="py:percent") == path.read_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_has_a_title_a_question_and_a_take_away(path):
    text = "\n".join(cell.source for cell in jupytext.read(path).cells if cell.cell_type == "markdown")
    assert text.count("\n# ") + text.startswith("# ") == 1
    assert "The question." in text
    assert "## What to take away" in text


def test_a_page_reads_what_rules_have_made_without_a_library_of_models():
    """All pages' imports in one process; the first page named is the one that loads such a library."""
    lines = ["import sys"]
    for path in NOTEBOOKS:
        code = "\n".join(cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code")
        tree = ast.parse("\n".join(line for line in code.split("\n") if not line.startswith(("%", "!"))))
        lines += [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        lines += [f"if not sys.modules.keys().isdisjoint({MODEL_LIBRARIES}): print({path.stem!r})"]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout == ""
