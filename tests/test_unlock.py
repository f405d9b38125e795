import subprocess
import sys

import pytest

from influence_lab.unlock import running, unlock


def test_without_a_lock_nothing_is_done(tmp_path, capsys):
    unlock(tmp_path)
    assert capsys.readouterr().out == ""


def test_a_lock_of_a_living_run_is_left_alone(tmp_path):
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    lock = tmp_path / ".snakemake/locks/0.input.lock"
    lock.touch()
    command = [sys.executable, "-c", "input()", "snakemake"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as alive:
        assert running(tmp_path) == [alive.pid]
        with pytest.raises(SystemExit, match=f"at work in .*{alive.pid}"):
            unlock(tmp_path)
        assert lock.exists()
