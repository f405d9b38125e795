from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9][0-9]_*.py"))


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
