"""A download that is checked, goes on where it was broken off, and gives up soon where there is no connection."""

import queue
import threading
from pathlib import Path
from typing import TextIO

import pooch
import requests
from tqdm import tqdm

PATIENCE = 8.0  # seconds for the first answer, and without a byte
TRIES = 5
CHUNK = 1 << 18


class UnreachableError(ConnectionError):
    """The server cannot be reached or does not give the file."""


class BrokenOffError(ConnectionError):
    """The download began and broke off; what came is kept, and the next call goes on from there."""


class WrongDownloadError(ValueError):
    """What came is not the file that was asked for; it was removed."""


def cached(name: str, sha256: str, folder: Path, terminal: TextIO) -> Path | None:
    """A file that an earlier download left in `folder`, or None. A damaged one is set aside and named."""
    path = folder / name
    if not path.is_file():
        return None
    got = pooch.file_hash(str(path))
    if got == sha256:
        return path
    aside = path.with_name(f"{name}.damaged")
    path.replace(aside)
    print(f"{path} is damaged (SHA-256 {got}, wanted {sha256}); set aside as {aside.name}", file=terminal, flush=True)
    return None


def download(url: str, sha256: str, folder: Path, terminal: TextIO, patience: float = PATIENCE) -> Path:
    """Fetch a file into `folder`, unless it is there already.

    What has come is kept in `NAME.partial`, so after an interruption, even a killed process, the next call asks for
    the rest only. A server that cannot give a part is asked for the whole.

    Args:
        url: its last part names the file.
        sha256: of the file's content.
        folder: made where it is missing.
        terminal: gets a progress bar if it is one.
        patience: seconds to wait for the first answer, and for each further piece.

    Raises:
        UnreachableError: no answer in `patience` seconds, or an answer that is not the file.
        BrokenOffError: no more of the file came for `patience` seconds, or the connection broke again and again.
        WrongDownloadError: the checksum differs.
    """
    name = url.rsplit("/", 1)[-1]
    partial = folder / f"{name}.partial"

    def fetch(url: str, output: str, _: pooch.Pooch | None) -> None:
        _fetch(url, partial, terminal, patience)
        partial.replace(output)

    try:
        return Path(pooch.retrieve(url, f"sha256:{sha256}", name, folder, downloader=fetch))
    except ValueError as error:
        raise WrongDownloadError(f"{url} gave something that is not {name}, and it was removed: {error}") from error


def _fetch(url: str, partial: Path, terminal: TextIO, patience: float) -> None:
    """Fill `partial`, with a few more tries as long as each of them brings something."""
    began = False
    for _ in range(TRIES):
        before = _size(partial)
        try:
            with _answer(url, before, patience) as answer:
                began = True
                _receive(answer, partial, terminal)
            return
        except requests.RequestException as error:
            reason = f"{type(error).__name__}: {error}"
            if not began:
                raise UnreachableError(f"{url} cannot be had ({reason})") from error
            if _size(partial) == before:
                break
    raise BrokenOffError(
        f"the download of {url} broke off ({reason}); {_size(partial):,} bytes are kept in {partial}, and the next run "
        "goes on from there"
    )


def _answer(url: str, start: int, patience: float) -> requests.Response:
    """The server's answer to a request for the bytes from `start` on.

    A thread waits for it, because looking up a name has no time limit of its own.
    """
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    answers: queue.Queue[requests.Response | requests.RequestException] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(requests.get(url, headers=headers, stream=True, timeout=patience))
        except requests.RequestException as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except queue.Empty:
        raise requests.Timeout(f"no answer in {patience:g} s") from None
    if isinstance(answer, requests.RequestException):
        raise answer
    if answer.status_code != requests.codes.requested_range_not_satisfiable:
        answer.raise_for_status()
    return answer


def _receive(answer: requests.Response, partial: Path, terminal: TextIO) -> None:
    """Write what comes to `partial`: behind what is there if that was asked for and granted, else from the start."""
    have = _size(partial)
    span, _, total = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    if answer.status_code == requests.codes.requested_range_not_satisfiable:
        if total == str(have):
            return  # killed between the last byte and the check
        partial.unlink()
        raise requests.ConnectionError(f"{partial.name} was longer than the file")
    goes_on = answer.status_code == requests.codes.partial_content and span.startswith(f"{have}-")
    if not goes_on:
        have, total = 0, answer.headers.get("Content-Length", "")
    size = int(total) if total.isdecimal() else None
    bar = tqdm(
        total=size,
        initial=have,
        desc=partial.stem,
        unit="B",
        unit_scale=True,
        file=terminal,
        disable=not terminal.isatty(),
    )
    with bar, partial.open("ab" if goes_on else "wb") as file:
        for piece in answer.iter_content(CHUNK):
            bar.update(file.write(piece))
            file.flush()  # what a killed process had in a buffer would have to come again
    if size is not None and _size(partial) != size:
        raise requests.ConnectionError(f"{_size(partial):,} of {size:,} bytes came")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
