import hashlib
import io
import socket

import numpy as np
import pytest

from influence_lab.data.cifar10 import PYTHON, Cifar10Error
from influence_lab.data.download import WrongDownloadError
from influence_lab.data.images import OFFICIAL, find_images
from tests.data.server import Server
from tests.data.small_cifar10 import contents, with_checksums_of, write_archive


@pytest.fixture
def closed():
    """An address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/cifar-10-python.tar.gz"


@pytest.fixture
def archive(tmp_path):
    """The content of an archive with a few images, and what it takes to check it."""
    random = np.random.default_rng(0)
    batches = contents(PYTHON, random.integers(0, 256, (18, 32, 32, 3), dtype=np.uint8), np.arange(18) % 10)
    write_archive(tmp_path / "made.tar.gz", PYTHON.folder, batches)
    content = (tmp_path / "made.tar.gz").read_bytes()
    return content, hashlib.sha256(content).hexdigest(), (with_checksums_of(PYTHON, batches),)


def find(tmp_path, url, path=None, may_download=True, **other):
    terminal = io.StringIO()
    published = OFFICIAL._replace(url=url, **other)
    return find_images(path, may_download, 0, tmp_path / "cache", terminal, published), terminal.getvalue()


def test_a_download_is_kept_for_the_next_time_when_there_may_be_no_connection(tmp_path, archive):
    content, sha256, versions = archive
    with Server(content) as server:
        images, said = find(tmp_path, server.url, sha256=sha256, versions=versions)
    assert (str(images.source), said) == ("cifar10", "")
    for may_download in (True, False):
        again, said = find(tmp_path, server.url, may_download=may_download, sha256=sha256, versions=versions)
        assert all(np.array_equal(one, other) for one, other in zip(images, again, strict=True))
        assert said == ""


def test_the_user_s_copy_comes_before_a_download(tmp_path, archive):
    content, sha256, versions = archive
    with Server(content) as server:
        copy = str(tmp_path / "made.tar.gz")
        images, _ = find(tmp_path, server.url, path=copy, sha256=sha256, versions=versions)
    assert str(images.source) == "cifar10"
    assert server.asked == []


def test_without_a_connection_there_are_digits_and_one_line_says_so(tmp_path, closed):
    images, said = find(tmp_path, closed)
    assert str(images.source) == "digits"
    assert said.count("\n") == 1
    for part in (
        "CIFAR-10 is not there",
        "no connection to 127.0.0.1",
        "MNIST digits",
        "set CIFAR10_PATH",
        "--forcerun",
    ):
        assert part in said


def test_where_a_download_is_not_wanted_none_is_tried(tmp_path):
    with Server(b"") as server:
        images, said = find(tmp_path, server.url, may_download=False)
    assert server.asked == []
    assert str(images.source) == "digits"
    assert "images.download is false" in said


def test_twice_without_a_connection_gives_the_same_images(tmp_path, closed):
    one, other = find(tmp_path, closed)[0], find(tmp_path, closed)[0]
    assert all(np.array_equal(first, second) for first, second in zip(one, other, strict=True))


def test_a_copy_that_is_named_and_not_there_is_an_error_and_never_digits(tmp_path, closed):
    with pytest.raises(Cifar10Error, match="neither a file nor a folder"):
        find(tmp_path, closed, path=str(tmp_path / "nowhere"))


def test_a_download_of_something_else_is_an_error_and_never_digits(tmp_path):
    with Server(b"<html>please log in</html>") as server, pytest.raises(WrongDownloadError, match="not file"):
        find(tmp_path, server.url)


def test_a_damaged_earlier_download_is_named_before_digits_are_taken(tmp_path, closed):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/cifar-10-python.tar.gz").write_bytes(b"half")
    images, said = find(tmp_path, closed)
    assert str(images.source) == "digits"
    assert "cifar-10-python.tar.gz is damaged" in said


def test_where_nothing_can_be_written_nothing_is_downloaded(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder would be")
    with Server(b"") as server:
        images, said = find(tmp_path, server.url)
    assert server.asked == []
    assert str(images.source) == "digits"
    assert "cache cannot be written" in said
