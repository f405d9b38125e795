"""Whose code the processor runs while a rule's work is done."""

import cProfile
import pstats
import time
from collections.abc import Callable
from typing import Any

OWNERS = {"kronfluence": "kronfluence", "transformers": "model", "torch": "model", "safetensors": "kronfluence"}


def profile_of(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds of the processor by owner while the work is done, loops in compiled code given to whoever called them.

    Returns:
        `kronfluence` (with the reading and writing of its files), `model` (torch and transformers) and `outside` (this
        package, numpy, the standard library); `share_outside`.
    """
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(work)
    seconds = dict.fromkeys(("kronfluence", "model", "outside"), 0.0)
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        if file != "~" or not callers:  # compiled functions have no file
            seconds[owner(file)] += own
        else:
            for (calling, _, _), (_, _, part, _) in callers.items():
                seconds[owner(calling)] += part
    return seconds | {"share_outside": seconds["outside"] / sum(seconds.values())}


def owner(file: str) -> str:
    """To whom a source file belongs.

    >>> owner("/x/site-packages/torch/nn/modules/linear.py"), owner("/x/influence_lab/artifacts.py")
    ('model', 'outside')
    """
    found = [OWNERS[part] for part in file.split("/") if part in OWNERS]
    return found[0] if found else "outside"
