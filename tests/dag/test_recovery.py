"""Bad input gives one clear error that names the thing and the remedy, and the next run recovers."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import jupytext
import pytest

pytestmark = pytest.mark.dag

PAGE = "01_taylor_neumann"
TARGET = f"results/notebooks/{PAGE}.ipynb"


@contextmanager
def replaced(path, text):
    """Other text in a file for a while."""
    before = path.read_text()
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(before)


def with_cell(source, code):
    """The page with nothing after its parameters but one cell of code."""
    notebook = jupytext.read(source, fmt="py:percent")
    parameters = next(i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    notebook.cells = [*notebook.cells[: parameters + 1], jupytext.reads(f"# %%\n{code}\n", fmt="py:percent").cells[0]]
    return jupytext.writes(notebook, fmt="py:percent")


def recovers(checkout):
    done = checkout.snakemake("--cores", "all", TARGET)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (checkout.path / TARGET).exists()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "NotebookFailedError: {source}: cell 4 raised ZeroDivisionError: division by zero; .*{log}"),
        ("import os\nos.kill(os.getpid(), 9)", "DeadKernelError: the kernel died in cell 4 .*{log}"),
    ],
    ids=["broken cell", "killed kernel"],
)
def test_a_page_that_fails_says_where_and_the_next_run_recovers(smoke, code, message):
    source = smoke.path / "notebooks" / f"{PAGE}.py"
    with replaced(source, with_cell(source, code)):
        failed = smoke.snakemake("--cores", "all", TARGET)
    assert failed.returncode != 0
    message = message.format(source=rf"notebooks/{PAGE}\.py", log=rf"results/logs/notebooks/{PAGE}\.ipynb")
    assert len(re.findall(message, failed.stdout)) == 1
    assert not (smoke.path / TARGET).exists()
    assert (smoke.path / "results/logs/notebooks" / f"{PAGE}.ipynb").exists()
    recovers(smoke)


def test_a_parameter_that_the_notebook_lacks_is_named(smoke):
    source = smoke.path / "notebooks" / f"{PAGE}.py"
    with replaced(source, source.read_text().replace("\nseed = ", "\nseeed = ", 1)):
        failed = smoke.snakemake("--cores", "all", TARGET)
    assert failed.returncode != 0
    assert re.search(rf"SourceError: notebooks/{PAGE}\.py has no parameter seed; it has: .*seeed", failed.stdout)
    recovers(smoke)


def test_a_bad_configuration_stops_before_any_job(smoke):
    failed = smoke.snakemake("--cores", "all", "--config", "taylor_neumann={seed: -1}")
    assert failed.returncode != 0
    lines = [line for line in failed.stdout.splitlines() if line.startswith("config: ")]
    assert lines == ["config: taylor_neumann.seed: got '-1'; allowed: greater than or equal to 0"]
    assert "Traceback" not in failed.stdout
    assert smoke.would_run(TARGET) == set()


def test_a_damaged_artifact_is_named_and_made_anew(smoke):
    artifact = smoke.path / "results/data/theory.npz"
    artifact.write_bytes(artifact.read_bytes()[:-100])
    failed = smoke.snakemake("--cores", "all", TARGET)
    assert failed.returncode != 0
    message = r"DamagedArtifactError: results/data/\S+ is damaged .*make it anew with: snakemake '(\S+)'"
    said = re.findall(message, failed.stdout)
    assert said[0] == "results/data/theory.npz"
    assert not artifact.exists()
    assert smoke.snakemake("--cores", "all", said[0]).returncode == 0  # the remedy that the message names
    recovers(smoke)
    assert artifact.exists()


def test_a_row_of_the_reader_s_that_is_too_long_for_the_model_is_named_before_anything_is_trained(smoke):
    long, target = smoke.path / "long.jsonl", "results/attributions/ask_scores.parquet"
    long.write_text('{"text": "tea tea"}\n{"text": "tea"}\n' + json.dumps({"text": "tea " * 40}) + "\n")
    scores = (smoke.path / target).read_bytes()
    try:
        failed = smoke.snakemake("--cores", "1", "--config", "ask={corpus: long.jsonl}", "--", target)
    finally:
        long.unlink()
    assert failed.returncode != 0
    assert "ask_rows: BadRowsError: ask.corpus: 1 of 3 rows cannot be used" in failed.stdout
    assert "  long.jsonl:3: 42 tokens, the model's context has 16; shorten or split it" in failed.stdout
    assert "rule ask_model" not in failed.stdout
    done = smoke.snakemake("--cores", "1", "--", target)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (smoke.path / target).read_bytes() == scores


def test_a_training_killed_with_everything_around_it_goes_on_from_its_checkpoint(smoke):
    """A seed that no page reads, and epochs enough to be killed among."""
    target, longer = "results/models/images_cnn_7.npz", ("--config", "images={cnn: {epochs: 40}}")
    checkpoints = smoke.path / "results/chunks/images_cnn_7"
    command = [sys.executable, "-m", "snakemake", "--configfile", "config/smoke.yaml", "--cores", "1", *longer]
    killed = subprocess.Popen(
        [*command, "--", target],
        cwd=smoke.path,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("step_*.npz")):
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (smoke.path / target).exists()

    environment = os.environ | {"PYTHONPATH": str(smoke.path / "src")}
    unlocked = subprocess.run(
        [sys.executable, "-m", "influence_lab.unlock"], cwd=smoke.path, env=environment, capture_output=True, text=True
    )
    assert unlocked.returncode == 0
    assert "goes on" in unlocked.stdout
    done = smoke.snakemake("--cores", "1", *longer, "--", target)
    assert done.returncode == 0, done.stdout[-3000:]
    log = (smoke.path / "results/logs/image_model_cnn_7.log").read_text()
    assert int(re.search(r"goes on from the checkpoint at step (\d+) of", log).group(1)) > 0
    assert not checkpoints.exists()
