import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from influence_lab.data.download import (
    CHUNK,
    PATIENCE,
    BrokenOffError,
    UnreachableError,
    WrongDownloadError,
    cached,
    download,
)
from influence_lab.locations import ROOT
from tests.data.server import Server

CONTENT = np.random.default_rng(0).bytes(4 * CHUNK + 17)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = 2 * CHUNK


def fetch(server, folder, **how):
    return download(server.url, SHA256, folder, io.StringIO(), **how)


def test_the_file_comes_whole_and_is_asked_for_once(tmp_path):
    with Server(CONTENT) as server:
        path = fetch(server, tmp_path / "made")
        assert fetch(server, tmp_path / "made") == path
    assert path.read_bytes() == CONTENT
    assert server.asked == [None]
    assert [file.name for file in path.parent.iterdir()] == ["file.bin"]


def test_broken_off_it_goes_on_from_there(tmp_path):
    with Server(CONTENT, stops=[HALF, 3 * CHUNK]) as server:
        assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={HALF}-", f"bytes={3 * CHUNK}-"]


def test_without_ranges_it_begins_anew(tmp_path):
    with Server(CONTENT, ranges=False, stops=[HALF]) as server:
        assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={HALF}-"]


def test_a_killed_process_leaves_what_came_to_the_next(tmp_path):
    code = (
        "import io, pathlib, sys; from influence_lab.data.download import download; "
        "download(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), io.StringIO(), patience=30)"
    )
    partial = tmp_path / "file.bin.partial"
    with Server(CONTENT, stops=[HALF], stalls=True) as server:
        command = [sys.executable, "-c", code, server.url, SHA256, str(tmp_path)]
        with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}) as process:
            while process.poll() is None and not (partial.exists() and partial.stat().st_size == HALF):
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={HALF}-"]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_again_and_again_is_given_up_and_what_came_is_kept(tmp_path, ranges):
    with Server(CONTENT, ranges=ranges, stops=[HALF] * 9) as server:
        with pytest.raises(BrokenOffError, match=rf"{HALF:,} bytes are kept in .*file.bin.partial"):
            fetch(server, tmp_path)
        server.stops.clear()
        assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_server_that_falls_silent_in_the_middle_is_given_up(tmp_path):
    with Server(CONTENT, stops=[HALF, HALF], stalls=True) as server:
        began = time.monotonic()
        with pytest.raises(BrokenOffError):
            fetch(server, tmp_path, patience=0.5)
        assert time.monotonic() - began < 5  # two waits, and a busy machine
    assert (tmp_path / "file.bin.partial").stat().st_size == HALF


@pytest.mark.parametrize("left", [CONTENT, CONTENT + b"more"], ids=["all of it", "more than all"])
def test_what_was_left_may_be_complete_or_too_long(tmp_path, left):
    (tmp_path / "file.bin.partial").write_bytes(left)
    with Server(CONTENT) as server:
        assert fetch(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"", b"another file"], ids=["what came", "what was left"])
def test_a_wrong_checksum_is_named_and_nothing_stays(tmp_path, left):
    if left:
        (tmp_path / "file.bin.partial").write_bytes(left)
    got = CONTENT if left else b"a login page"
    with Server(got) as server, pytest.raises(WrongDownloadError, match=rf"not file.bin, .*removed.*{SHA256}"):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_port_is_given_up_at_once(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening
        began = time.monotonic()
        with pytest.raises(UnreachableError, match="cannot be had"):
            download(f"http://127.0.0.1:{taken.getsockname()[1]}/file.bin", SHA256, tmp_path, io.StringIO())
        assert time.monotonic() - began < 10


def test_a_server_that_never_answers_is_given_up_after_one_wait(tmp_path):
    assert PATIENCE < 10
    with Server(CONTENT, stops=[0], stalls=True) as server:
        began = time.monotonic()
        with pytest.raises(UnreachableError):
            fetch(server, tmp_path, patience=0.5)
        assert time.monotonic() - began < 5  # half a second, and a busy machine
    assert server.asked == [None]


@pytest.mark.parametrize("status", [404, 503])
def test_an_error_page_is_not_taken_for_the_file(tmp_path, status):
    with Server(CONTENT, status=status) as server, pytest.raises(UnreachableError, match=str(status)):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shown", [True, False])
def test_the_progress_bar_is_for_terminals(tmp_path, shown):
    terminal = io.StringIO()
    terminal.isatty = lambda: shown
    with Server(CONTENT) as server:
        download(server.url, SHA256, tmp_path, terminal)
    assert ("file.bin: 100%" in terminal.getvalue()) == shown
    assert bool(terminal.getvalue()) == shown


def test_a_damaged_earlier_download_is_set_aside_and_named(tmp_path):
    terminal = io.StringIO()
    assert cached("file.bin", SHA256, tmp_path, terminal) is None
    (tmp_path / "file.bin").write_bytes(CONTENT)
    assert cached("file.bin", SHA256, tmp_path, terminal) == tmp_path / "file.bin"
    assert terminal.getvalue() == ""
    (tmp_path / "file.bin").write_bytes(CONTENT[:-1])
    assert cached("file.bin", SHA256, tmp_path, terminal) is None
    assert f"wanted {SHA256}" in terminal.getvalue()
    assert [file.name for file in tmp_path.iterdir()] == ["file.bin.damaged"]
