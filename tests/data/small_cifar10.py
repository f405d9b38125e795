"""Copies of CIFAR-10's layout with a few random images, and their own checksums."""

import hashlib
import pickle
import tarfile
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import numpy as np

from influence_lab.data.cifar10 import BINARY, PYTHON, Version

IMAGES = 3  # a batch


class Python2Pickler(pickle._Pickler):
    """Writes strings as Python 2's cPickle did, which is how the official batches were written."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_python2_string(self, text):
        raw = text if isinstance(text, bytes) else text.encode("latin-1")
        short = len(raw) < 256
        self.write(
            (pickle.SHORT_BINSTRING if short else pickle.BINSTRING) + len(raw).to_bytes(1 if short else 4, "little")
        )
        self.write(raw)
        self.memoize(text)

    dispatch[bytes] = dispatch[str] = save_python2_string


def python2_pickle(batch: dict) -> bytes:
    file = BytesIO()
    Python2Pickler(file, protocol=2).dump(batch)
    return file.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def contents(version: Version, images: np.ndarray, labels: np.ndarray) -> dict[str, bytes]:
    """The six batches as bytes; `images` is uint8 of shape (6 IMAGES, 32, 32, 3)."""
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    batches = {}
    for number, name in enumerate(version.md5):
        part = slice(number * IMAGES, (number + 1) * IMAGES)
        if version.folder == BINARY.folder:
            batches[name] = np.concatenate([labels[part, None].astype(np.uint8), rows[part]], axis=1).tobytes()
        else:
            batches[name] = python2_pickle({"data": rows[part], "labels": labels[part].tolist(), "batch_label": name})
    return batches


def write_folder(folder: Path, batches: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in batches.items():
        (folder / name).write_bytes(content)


def write_archive(path: Path, folder: str, batches: dict[str, bytes]) -> None:
    """As the official one: a folder with the test batch before the training batches."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in sorted(batches.items(), reverse=True):
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, BytesIO(content))


def with_checksums_of(version: Version, batches: dict[str, bytes]) -> Version:
    return version._replace(md5={name: hashlib.md5(content).hexdigest() for name, content in batches.items()})


VERSIONS = (BINARY, PYTHON)
