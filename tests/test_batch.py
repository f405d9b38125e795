import os
import subprocess
import sys

import pytest

from influence_lab.locations import ROOT

SCRIPT = """
from types import SimpleNamespace
from influence_lab.artifacts import read_arrays
from influence_lab.batch import batch
from influence_lab.data.sequences import pack

def empty():
    pack([[1]], [1], 8, ["own"], 0)

def missing():
    read_arrays("results/nothing.npz")

def mistake():
    print("to the log")
    return 1 / 0

with batch(SimpleNamespace(log=[{log!r}], rule="a_rule")):
    {call}()
"""


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("empty", "a_rule: EmptyTextError: own: no token to predict; give a longer text or completion"),
        (
            "missing",
            "a_rule: MissingArtifactError: results/nothing.npz is not there yet; make it with: "
            "snakemake 'results/nothing.npz'",
        ),
        ("mistake", "a_rule: ZeroDivisionError: division by zero (traceback in {log})"),
    ],
)
def test_an_error_is_one_line_on_the_terminal(call, line, tmp_path):
    """Where its giver needs no traceback, none is pointed to; it is in the log all the same."""
    log = tmp_path / "rule.log"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(log=str(log), call=call)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line.format(log=log) + "\n")
    assert "Traceback" in log.read_text()
    assert ("to the log" in log.read_text()) == (call == "mistake")
