"""Whose code the processor runs while a rule's work is done."""

import cProfile
import pstats
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from influence_lab.attributions.kronfluence_stages import pairwise_scores
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.data.sequence_dataset import SequenceDataset

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


def per_token_error(
    model: nn.Module, layers: dict[str, nn.Linear], queries: SequenceDataset, data: SequenceDataset, factors: Path
) -> float:
    """How far kronfluence's scores by token, summed over tokens, are from its scores of texts, of the largest of these.

    Args:
        model: maps inputs to logits.
        layers: attributed.
        queries: what is measured.
        data: texts, as many as fit in one batch.
        factors: EK-FAC's, a folder.
    """
    task, size = LanguageTask(layers), len(data)
    whole, split = (
        sum(pairwise_scores(model, task, queries, data, factors, batch_size=size, per_token=per_token).values())
        for per_token in (False, True)
    )
    return float((split.sum(dim=-1) - whole).abs().max() / whole.abs().max())


def owner(file: str) -> str:
    """To whom a source file belongs.

    >>> owner("/x/site-packages/torch/nn/modules/linear.py"), owner("/x/influence_lab/artifacts.py")
    ('model', 'outside')
    """
    found = [OWNERS[part] for part in file.split("/") if part in OWNERS]
    return found[0] if found else "outside"
