"""Seconds and memory of a piece of work."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import psutil

T = TypeVar("T")


class Cost(NamedTuple):
    """What a piece of work took; costs of parts that are needed one after the other add up."""

    seconds: float  # of the processor
    peak_mb: float  # most memory resident in the process meanwhile, whatever it held before included

    def after(self, other: "Cost") -> "Cost":
        """The cost of this work with that of another done before it."""
        return Cost(self.seconds + other.seconds, max(self.peak_mb, other.peak_mb))


def metered(work: Callable[[], T], interval: float = 0.005) -> tuple[T, Cost]:
    """Do the work; give its result and what it took.

    Args:
        work: without arguments.
        interval: seconds between two looks at the memory of the process; a shorter peak is missed.
    """
    process, finished = psutil.Process(), threading.Event()
    seen = [process.memory_info().rss]

    def watch() -> None:
        while not finished.wait(interval):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.process_time()
    try:
        result = work()
    finally:
        seconds = time.process_time() - start
        finished.set()
        watcher.join()
    return result, Cost(seconds, max([*seen, process.memory_info().rss]) / 1e6)
