"""What kronfluence holds and computes while it scores a batch of queries, watched from its task."""

from collections import Counter
from collections.abc import Sequence as Names
from pathlib import Path
from typing import Any

import torch
from kronfluence.module.tracked_module import TrackedModule
from kronfluence.utils.constants import (
    ACCUMULATED_PRECONDITIONED_GRADIENT_NAME,
    AGGREGATED_GRADIENT_NAME,
    PRECONDITIONED_GRADIENT_NAME,
)
from torch import Tensor, nn

from influence_lab.attributions.kronfluence_stages import pairwise_scores
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.data.sequence_dataset import Batch, SequenceDataset

STORED = (AGGREGATED_GRADIENT_NAME, PRECONDITIONED_GRADIENT_NAME, ACCUMULATED_PRECONDITIONED_GRADIENT_NAME)


class WatchedTask(LanguageTask):
    """A language task that counts backward passes of each training text, and looks at what is stored meanwhile.

    Attributes:
        passes: backward passes by text; a text is known by its tokens.
        held: most examples whose gradients a layer held when a batch of training texts began.
    """

    def __init__(self, layers: Names[str]) -> None:
        """Track the named layers; nothing is counted yet."""
        super().__init__(layers)
        self.passes: Counter[tuple[int, ...]] = Counter()
        self.held = 0
        self._model: nn.Module | None = None

    def compute_train_loss(self, batch: Batch, model: nn.Module, sample: bool = False) -> Tensor:
        """The loss; its backward pass, if there is one, is counted for each text of the batch."""
        self._model, self.held = model, max(self.held, held_examples(model))
        loss = super().compute_train_loss(batch, model, sample)
        tokens = [
            tuple(row[counts > 0].tolist()) for row, counts in zip(batch["targets"], batch["weights"], strict=True)
        ]
        loss.register_hook(lambda gradient: self.passes.update(tokens))
        return loss

    def compute_measurement(self, batch: Batch, model: nn.Module) -> Tensor:
        """As in `LanguageTask`, not counted: a query is no training text."""
        return super().compute_train_loss(batch, model)

    def held_now(self) -> int:
        """Examples whose gradients the model's layers hold, asked after the scoring has ended."""
        return held_examples(self._model) if self._model is not None else 0


def held_examples(model: nn.Module) -> int:
    """Most examples whose gradients, whole or at low rank, a layer that kronfluence tracks holds at this moment.

    Looked at are its storage and what its trackers cache (activations and gradients of single examples).
    """
    most = 0
    for module in model.modules():
        if isinstance(module, TrackedModule):
            stored = [module.storage[name] for name in STORED]
            cached = [
                getattr(tracker, name)
                for tracker in module._trackers.values()
                for name in ("cached_activations", "cached_per_sample_gradient")
            ]
            most = max(most, sum(_examples(values) for values in [*stored, *cached]))
    return most


def _examples(values: Tensor | list[Tensor] | None) -> int:
    """Examples in a tensor, or in the pair of factors of a low-rank one."""
    if values is None or (isinstance(values, list) and not values):
        return 0
    return len(values[0]) if isinstance(values, list) else len(values)


def repetitions(task: WatchedTask) -> list[int]:
    """Backward passes of each training text that was scored, sorted."""
    return sorted(task.passes.values())


def watched_scores(
    model: nn.Module,
    layers: Names[str],
    queries: SequenceDataset,
    data: SequenceDataset,
    factors: Path,
    rank: int,
) -> tuple[dict[str, Any], Tensor]:
    """Score queries at low rank all at once and one by one, and say what was held and how often each text was passed.

    Args:
        model: maps inputs to logits.
        layers: names of the layers.
        queries: all of them are one batch, then each is a batch of its own.
        data: the texts.
        factors: EK-FAC, as kronfluence has fitted it.
        rank: of the queries' preconditioned gradients.

    Returns:
        For either number of queries at once: `passes` (backward passes of the texts, fewest and most), `held` (examples
        whose gradients were held when a batch of texts began: the queries) and `held_after`; with the numbers of texts
        and queries. And the scores of the first run, shape (queries, texts).
    """
    found, scores = [], []
    for at_once in (len(queries), 1):
        task = WatchedTask(layers)
        parts = pairwise_scores(model, task, queries, data, factors, rank=rank, queries_at_once=at_once)
        scores.append(torch.stack(list(parts.values())).sum(dim=0))
        passes = repetitions(task)
        found.append(
            {
                "queries_at_once": at_once,
                "passes": [passes[0], passes[-1]],
                "held": task.held,
                "held_after": task.held_now(),
            }
        )
    return {"texts": len(data), "queries": len(queries), "rank": rank, "batches": found}, scores[0]
