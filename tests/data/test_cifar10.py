import os
import pickle

import numpy as np
import pytest

from influence_lab.data.cifar10 import BINARY, CLASSES, PYTHON, Cifar10Error, read_cifar10
from tests.data.small_cifar10 import IMAGES, VERSIONS, contents, with_checksums_of, write_archive, write_folder

TRAIN = 5 * IMAGES


@pytest.fixture
def drawn():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, size=(6 * IMAGES, 32, 32, 3), dtype=np.uint8)
    return images, random.integers(0, 10, size=6 * IMAGES)


@pytest.fixture(params=VERSIONS, ids=lambda version: version.folder)
def copy(request, drawn, tmp_path):
    """A folder in one of the two forms, and the version with its checksums."""
    batches = contents(request.param, *drawn)
    folder = tmp_path / "data" / request.param.folder
    write_folder(folder, batches)
    return folder, with_checksums_of(request.param, batches), batches


def assert_is(read, drawn):
    images, labels = drawn
    np.testing.assert_array_equal(read.train_images, images[:TRAIN])
    np.testing.assert_array_equal(read.train_labels, labels[:TRAIN])
    np.testing.assert_array_equal(read.test_images, images[TRAIN:])
    np.testing.assert_array_equal(read.test_labels, labels[TRAIN:])
    assert read.train_images.dtype == np.uint8
    assert read.train_labels.dtype == np.int64
    assert (tuple(read.classes), str(read.source)) == (CLASSES, "cifar10")


def test_a_folder_is_read_in_the_official_order(copy, drawn):
    folder, version, _ = copy
    assert_is(read_cifar10(folder, (version,)), drawn)


def test_a_folder_that_contains_it(copy, drawn):
    folder, version, _ = copy
    assert_is(read_cifar10(folder.parent, (version,)), drawn)


def test_an_archive_whatever_the_order_of_its_members(copy, drawn, tmp_path):
    folder, version, batches = copy
    write_archive(tmp_path / "cifar.tar.gz", folder.name, batches)
    assert_is(read_cifar10(tmp_path / "cifar.tar.gz", (version,)), drawn)


def test_both_forms_hold_the_same_images(drawn, tmp_path):
    for official in VERSIONS:
        batches = contents(official, *drawn)
        write_folder(tmp_path / official.folder, batches)
        assert_is(read_cifar10(tmp_path / official.folder, (with_checksums_of(official, batches),)), drawn)


@pytest.mark.parametrize("how", ["a byte changed", "truncated", "empty"])
def test_a_damaged_batch_is_named_with_what_was_got_and_wanted(copy, how):
    folder, version, _ = copy
    name = list(version.md5)[2]
    content = bytearray((folder / name).read_bytes())
    content[1000] ^= 1
    damaged = {"a byte changed": content, "truncated": content[:-7], "empty": b""}[how]
    (folder / name).write_bytes(damaged)
    with pytest.raises(Cifar10Error) as error:
        read_cifar10(folder, (version,))
    message = str(error.value)
    for part in (name, str(folder), f"{len(damaged):,} bytes", version.md5[name], "CIFAR10_PATH"):
        assert part in message


def test_a_missing_batch_is_named(copy):
    folder, version, _ = copy
    name = list(version.md5)[-1]
    (folder / name).unlink()
    with pytest.raises(Cifar10Error, match=rf"{name} is missing in .*; get cifar-10"):
        read_cifar10(folder, (version,))


def test_unchecked_bytes_are_never_unpickled(drawn, tmp_path):
    """A pickle that makes a file when it is loaded, in the place of a batch, with and without an archive around it."""
    batches = contents(PYTHON, *drawn)
    version = with_checksums_of(PYTHON, batches)
    trace = tmp_path / "was loaded"

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(trace),)

    batches["data_batch_5"] = pickle.dumps(Trap())
    write_folder(tmp_path / "folder", batches)
    write_archive(tmp_path / "archive.tar.gz", PYTHON.folder, batches)
    for place in ("folder", "archive.tar.gz"):
        with pytest.raises(Cifar10Error, match="data_batch_5"):
            read_cifar10(tmp_path / place, (version,))
    assert not trace.exists()


def test_a_truncated_archive_is_named(copy, tmp_path):
    folder, version, batches = copy
    path = tmp_path / "cifar.tar.gz"
    write_archive(path, folder.name, batches)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        Cifar10Error, match=rf"cifar.tar.gz is damaged .* got {path.stat().st_size:,} bytes.*CIFAR10_PATH"
    ):
        read_cifar10(path, (version,))


def test_an_archive_with_a_batch_changed_or_left_out(copy, tmp_path):
    folder, version, batches = copy
    name = next(iter(version.md5))
    write_archive(tmp_path / "changed.tar.gz", folder.name, batches | {name: b"something else"})
    write_archive(tmp_path / "short.tar.gz", folder.name, {k: v for k, v in batches.items() if k != name})
    with pytest.raises(Cifar10Error, match=rf"{name} in .*changed.tar.gz is damaged or not the official"):
        read_cifar10(tmp_path / "changed.tar.gz", (version,))
    with pytest.raises(Cifar10Error, match=rf"{name} is missing in .*short.tar.gz"):
        read_cifar10(tmp_path / "short.tar.gz", (version,))


def test_what_is_no_copy_at_all(tmp_path):
    (tmp_path / "text").write_text("hello")
    write_archive(tmp_path / "other.tar.gz", "other", {"readme": b"hello"})
    for name, message in {
        "nowhere": "neither a file nor a folder",
        "text": "no archive",
        "other.tar.gz": "holds no batch",
        "": "holds no batch of CIFAR-10, such as data_batch_1.bin or data_batch_1;",
    }.items():
        with pytest.raises(Cifar10Error, match=message):
            read_cifar10(tmp_path / name)


def test_the_official_checksums_are_the_default(drawn, tmp_path):
    write_folder(tmp_path, contents(BINARY, *drawn))
    with pytest.raises(Cifar10Error, match="wanted 5dd7e06a14cb22eb9f671a540d1b7c25"):
        read_cifar10(tmp_path)


@pytest.mark.skipif(not os.environ.get("CIFAR10_PATH"), reason="CIFAR10_PATH is not set")
def test_the_real_images():
    """Numbers that CIFAR-10's own page gives, and the mean pixel that everybody normalises with."""
    images = read_cifar10(os.environ["CIFAR10_PATH"])
    assert images.train_images.shape == (50_000, 32, 32, 3)
    assert images.test_images.shape == (10_000, 32, 32, 3)
    assert np.bincount(images.train_labels).tolist() == [5000] * 10
    assert np.bincount(images.test_labels).tolist() == [1000] * 10
    assert images.train_labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    mean = images.train_images.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=5e-5)  # to the digits that are printed everywhere


def test_a_path_may_begin_with_the_home_folder(copy, drawn, monkeypatch):
    folder, version, _ = copy
    monkeypatch.setenv("HOME", str(folder.parent.parent))
    assert_is(read_cifar10("~/data", (version,)), drawn)
