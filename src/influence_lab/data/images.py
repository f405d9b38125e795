"""Which images there are: CIFAR-10 where it can be had, and real digits where it cannot."""

import os
from pathlib import Path
from typing import NamedTuple, TextIO
from urllib.parse import urlsplit

from influence_lab.data.cifar10 import BINARY, PYTHON, Version, read_cifar10
from influence_lab.data.download import UnreachableError, cached, download
from influence_lab.data.image_set import ImageSet
from influence_lab.data.mnist_digits import mnist_digits


class Published(NamedTuple):
    """An archive on the web, its checksum, and the forms of CIFAR-10 with the checksums of their batches."""

    url: str
    sha256: str
    versions: tuple[Version, ...]


OFFICIAL = Published(
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    (BINARY, PYTHON),
)


def find_images(
    path: str | None, may_download: bool, seed: int, cache: Path, terminal: TextIO, published: Published = OFFICIAL
) -> ImageSet:
    """CIFAR-10 from the user's copy, else from an earlier download, else downloaded; digits if there is no connection.

    A copy that the user names and that is damaged is an error, and so is a download that broke off or gave something
    else: digits never take the place of something that only needs another try.

    Args:
        path: the user's copy (`CIFAR10_PATH`), or None.
        may_download: whether to download where nothing is there.
        seed: of the digits' order.
        cache: folder of downloads.
        terminal: where to say that digits are used, and to draw a progress bar.
        published: what is downloaded, and what is checked.

    Raises:
        Cifar10Error: the user's copy is missing, incomplete or damaged.
        BrokenOffError, WrongDownloadError: the download began and failed.
    """
    if path:
        print(f"CIFAR-10 from {path}")
        return read_cifar10(path, published.versions)
    archive = cached(published.url.rsplit("/", 1)[-1], published.sha256, cache, terminal)
    reason = "images.download is false in the configuration"
    if archive is None and may_download and not _writable(cache):
        reason = f"{cache} cannot be written, so nothing is downloaded"
    elif archive is None and may_download:
        try:
            archive = download(published.url, published.sha256, cache, terminal)
        except UnreachableError as error:
            reason = f"no connection to {urlsplit(published.url).hostname}"
            print(error)  # the details, into the log
    if archive is not None:
        print(f"CIFAR-10 from {archive}")
        return read_cifar10(archive, published.versions)
    said = (
        f"CIFAR-10 is not there (CIFAR10_PATH is not set; {reason}): 5,000 MNIST digits take its place, and the claims "
        "about CIFAR-10 stay open. To have CIFAR-10, set CIFAR10_PATH to the official folder or archive and run again, "
        "or, where a download is possible and images.download true: snakemake --forcerun images"
    )
    print(said)
    print(said, file=terminal, flush=True)
    return mnist_digits(seed)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
