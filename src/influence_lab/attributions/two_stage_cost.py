"""What influence through two stages takes beside one stage, from the trained model to the scores of some queries."""

from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import psutil
import torch
from torch import nn

from influence_lab.attributions.kronfluence_fit import fit_ekfac
from influence_lab.attributions.language_factors import LayerFactors, read_factors
from influence_lab.attributions.language_scores import gradient_scores
from influence_lab.attributions.metering import metered
from influence_lab.attributions.token_gradients import TokenGradients, token_gradients
from influence_lab.attributions.two_stage_ekfac import two_stage_scores
from influence_lab.attributions.two_stage_variants import decided_directions
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.models.language_states import set_weights

Array = np.ndarray
T = TypeVar("T")
WAYS = ("single", "two")


class Workload(NamedTuple):
    """What is attributed to what.

    Attributes:
        model: maps inputs to logits.
        layers: what is attributed.
        texts: of stage one.
        pairs: of stage two.
        queries: what is asked.
        pretrained: θ_pt by layer.
        tuned: θ_ft by layer.
        alpha: α of stage two.
        draws: of the labels of every pair, in the fit that tells what one draw misses.
    """

    model: nn.Module
    layers: dict[str, nn.Linear]
    texts: SequenceDataset
    pairs: SequenceDataset
    queries: SequenceDataset
    pretrained: Mapping[str, Array]
    tuned: Mapping[str, Array]
    alpha: float
    draws: int


def costs(work: Workload, repeats: int, seed: int = 0) -> pd.DataFrame:
    """Seconds of the processor and peak memory of both ways, in turn, each time in a process of its own.

    Single stage: factors at θ_pt, gradients of texts and queries there, scores. Two stages: the same with the queries
    at θ_ft, a second set of factors there, and a second solve. The process is a fork, which has the model and the texts
    from the start: `held_mb`. Once, as a way `draws`, the second factors are fitted to every pair `draws` times: with
    more labels drawn, and at another size.

    Returns:
        Columns way, repeat, part (factors, second factors, gradients, query gradients, scores), seconds, peak_mb,
        held_mb; of second factors also trace, the sum of eigenvalues, and decided, see `decided_directions`.
    """
    rows = []
    for repeat in range(repeats):
        for way in WAYS if repeat else (*WAYS, "draws"):
            rows += in_a_fork(partial(_measured, work, way, seed + repeat))
    return pd.DataFrame(rows).assign(repeat=[row["seed"] - seed for row in rows]).drop(columns="seed")


def in_a_fork(work: Callable[[], T]) -> T:
    """Do the work on one thread of a copy of this process: what earlier work has left in memory is not counted.

    Raises:
        EOFError: the copy has died.
    """
    context = get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(send, work))
    process.start()
    send.close()
    try:
        return receive.recv()
    finally:
        process.join()


def _send(to: Connection, work: Callable[[], T]) -> None:
    torch.set_num_threads(1)  # a fork does not copy the other threads of torch, and to wait for them would never end
    to.send(work())


def _measured(work: Workload, way: str, seed: int) -> list[dict[str, Any]]:
    held, rows = psutil.Process().memory_info().rss / 1e6, []

    def part(name: str, do: Callable[[], T]) -> T:
        result, cost = metered(do)
        rows.append({"way": way, "seed": seed, "part": name, **cost._asdict(), "held_mb": held})
        return result

    def second_factors(pairs: SequenceDataset) -> dict[str, LayerFactors]:
        found = part("second factors", lambda: _factors(work, pairs, work.tuned, seed))
        trace = sum(float(layer.ekfac.eigenvalues.sum()) for layer in found.values())
        rows[-1] |= {"trace": trace, "decided": decided_directions(found, work.alpha)}
        return found

    if way == "draws":
        second_factors(work.pairs.repeated(work.draws))
        return rows
    factors = part("factors", lambda: _factors(work, work.texts, work.pretrained, seed))
    texts = part("gradients", lambda: _gradients(work, work.texts, work.pretrained))
    if way == "single":
        queries = part("query gradients", lambda: _gradients(work, work.queries, work.pretrained))
        part("scores", lambda: gradient_scores("ekfac", queries, texts, factors))
    else:
        second = second_factors(work.pairs)
        queries = part("query gradients", lambda: _gradients(work, work.queries, work.tuned))
        part("scores", lambda: two_stage_scores(queries, texts, second, factors, work.alpha))
    return rows


def _factors(work: Workload, data: SequenceDataset, weights: Mapping[str, Array], seed: int) -> dict[str, LayerFactors]:
    set_weights(work.layers, weights)
    with TemporaryDirectory() as directory:
        folder = Path(directory) / "factors"
        fit_ekfac(work.model, work.layers, data, folder, seed=seed)
        return read_factors(folder)


def _gradients(work: Workload, data: SequenceDataset, weights: Mapping[str, Array]) -> TokenGradients:
    set_weights(work.layers, weights)
    return token_gradients(work.model, work.layers, data)
