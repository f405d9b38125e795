"""CIFAR-10 from a copy that the user names: an official folder, binary or Python, or an official archive.

Every batch is compared with its official MD5 sum before it is decoded. The Python batches are pickles, and to unpickle
unknown bytes is to run whatever they say.
"""

import hashlib
import pickle
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from influence_lab.data.image_set import ImageSet

Array = np.ndarray

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
REMEDY = (
    "get cifar-10-python.tar.gz or cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and set "
    "CIFAR10_PATH to it, or to the folder that it unpacks to"
)


class Cifar10Error(ValueError):
    """A copy of CIFAR-10 is missing, incomplete or damaged; the message names the file and says what to do."""


class Version(NamedTuple):
    """One of the official forms: folder, MD5 of each batch (training batches in order, the test batch last), decoder.

    The decoder takes the bytes of a batch and gives pixels, uint8 of shape (n, 3072), and labels of shape (n,).
    """

    folder: str
    md5: dict[str, str]
    decode: Callable[[bytes], tuple[Array, Array]]


def decode_binary(content: bytes) -> tuple[Array, Array]:
    """A batch of 3,073-byte rows: the label, then 1,024 red, green and blue values each, row by row."""
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, 3073)
    return rows[:, 1:], rows[:, 0]


def decode_python(content: bytes) -> tuple[Array, Array]:
    """A batch that Python 2 pickled, a dictionary with `data` and `labels`. Only for bytes whose checksum is right."""
    batch = pickle.loads(content, encoding="bytes")
    return batch[b"data"], np.asarray(batch[b"labels"])


BINARY = Version(
    "cifar-10-batches-bin",
    {
        "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
        "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
        "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
        "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
        "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
        "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
    },
    decode_binary,
)
PYTHON = Version(
    "cifar-10-batches-py",
    {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    },
    decode_python,
)


def read_cifar10(path: Path | str, versions: tuple[Version, ...] = (BINARY, PYTHON)) -> ImageSet:
    """All images in the official order, once every batch has been checked.

    Args:
        path: a folder with the batches, a folder that contains that one under its official name, or an archive.
        versions: the forms that are looked for, with their checksums.

    Raises:
        Cifar10Error: nothing there, a batch missing, or a batch whose checksum differs.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        version, place, batches = _in_folder(path, versions)
    elif path.is_file():
        version, place, batches = _in_archive(path, versions)
    else:
        raise Cifar10Error(f"{path} is neither a file nor a folder; {REMEDY}")
    for name, wanted in version.md5.items():
        _check(place, name, batches.get(name), wanted)
    decoded = [version.decode(batches[name]) for name in version.md5]
    pixels = [rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) for rows, _ in decoded]
    labels = [labels.astype(np.int64) for _, labels in decoded]
    return ImageSet(
        np.concatenate(pixels[:-1]),
        np.concatenate(labels[:-1]),
        np.ascontiguousarray(pixels[-1]),
        labels[-1],
        np.array(CLASSES),
        np.array("cifar10"),
    )


def _in_folder(path: Path, versions: tuple[Version, ...]) -> tuple[Version, Path, dict[str, bytes]]:
    """The version that a folder holds, where its batches lie, and those that are there."""
    for version in versions:
        for folder in (path, path / version.folder):
            files = [folder / name for name in version.md5 if (folder / name).is_file()]
            if files:
                return version, folder, {file.name: file.read_bytes() for file in files}
    raise Cifar10Error(f"{path} holds no batch of CIFAR-10, such as {' or '.join(_one_of(versions))}; {REMEDY}")


def _in_archive(path: Path, versions: tuple[Version, ...]) -> tuple[Version, Path, dict[str, bytes]]:
    """The version that an archive holds, the archive, and the batches in it."""
    found: dict[str, bytes] = {}
    known = {name for version in versions for name in version.md5}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                if member.isfile() and name in known:
                    found[name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise Cifar10Error(
            f"{path} is damaged or no archive ({error}): got {path.stat().st_size:,} bytes, of which "
            f"{len(found)} batches can be read, wanted a whole .tar.gz with 6; {REMEDY}"
        ) from error
    for version in versions:
        if found.keys() & version.md5.keys():
            return version, path, found
    raise Cifar10Error(f"{path} holds no batch of CIFAR-10, such as {' or '.join(_one_of(versions))}; {REMEDY}")


def _check(place: Path, name: str, content: bytes | None, wanted: str) -> None:
    if content is None:
        raise Cifar10Error(f"{name} is missing in {place}; {REMEDY}")
    got = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if got != wanted:
        raise Cifar10Error(
            f"{name} in {place} is damaged or not the official file: got {len(content):,} bytes with MD5 sum {got}, "
            f"wanted {wanted}; {REMEDY}"
        )


def _one_of(versions: tuple[Version, ...]) -> list[str]:
    return [next(iter(version.md5)) for version in versions]
