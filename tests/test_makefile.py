import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def make(tmp_path):
    """Run make on a copy of the Makefile, where there is no environment yet."""
    for name in ("Makefile", "pyproject.toml", "envs/requirements.lock", "envs/jupyterlab.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    def run(*arguments):
        return subprocess.run(["make", *arguments], cwd=tmp_path, capture_output=True, text=True)

    run.folder = tmp_path
    return run


def test_a_missing_target_is_answered_with_those_that_there_are(make):
    done = make("result")
    assert done.returncode != 0
    assert done.stderr.splitlines() == [done.stderr.strip()]
    assert "no target 'result'; there are: results test bench lab clean" in done.stderr


def test_a_python_that_is_too_old_is_named_before_anything_is_made(make):
    old = make.folder / "python3.9"
    old.write_text('#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9); $2"\n')
    old.chmod(0o755)
    done = make("results", f"PYTHON={old}")
    assert done.returncode != 0
    assert "is Python 3.9; 3.11 or newer is needed: make PYTHON=/path/to/python3.11" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (make.folder / ".venv").exists()
