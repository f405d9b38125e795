"""Seconds and memory of one group of images from exported features, beside influenciae on the same head in one run."""

import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax
from threadpoolctl import threadpool_info, threadpool_limits

from influence_lab.artifacts import write_arrays
from influence_lab.attributions.functioning_groups import RULES, grow, unit
from influence_lab.attributions.head_influence import Whitening, grow_one, influence_features, whitening
from influence_lab.attributions.influenciae_head import InfluenciaeHead, group_influence, influence
from influence_lab.evaluations.image_head import workable
from influence_lab.models.image_heads import ImageHeads, read_heads
from influence_lab.models.softmax_head import SoftmaxHead

Array = np.ndarray
CLASSES, JUDGED, TARGET = 10, 64, 3.0  # classes, features of the CNN's head, seconds
CUTOFF, DIRECTIONS = 1e-12, 256
FEW = 1_000  # parameters below which an eigendecomposition is quicker with one thread


def synthetic_features(points: int, width: int, seed: int = 0) -> dict[str, Array]:
    """What `image_features` exports, of random ReLU features and a random layer, with labels drawn from it."""
    rng = np.random.default_rng(seed)
    features = np.maximum(rng.standard_normal((points, width), dtype=np.float32), 0)
    kernel = (rng.standard_normal((width, CLASSES)) * np.sqrt(8 / width)).astype(np.float32)
    p = softmax(features.astype(float) @ kernel, axis=1)
    labels = (rng.random(points)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=CLASSES - 1)
    exported = {
        "train_features": features,
        "train_labels": labels,
        "kernel": kernel,
        "bias": np.zeros(CLASSES, np.float32),
    }
    return exported | {"test_features": features[:2], "test_labels": labels[:2]}


def image_groups_bench(
    points: list[int], widths: list[int], size: int, repeats: int, library_images: int
) -> dict[str, Any]:
    """Time one group from exported features as images and head grow, and influenciae beside the judged case.

    Args:
        points: numbers of images, with 64 features; the last is judged. Other widths take the first.
        widths: numbers of features.
        size: images in the group.
        repeats: rounds of the judged case; the others run once.
        library_images: images of influenciae's pass over gradients, extrapolated to all.

    Returns:
        The judged case with influenciae's times and the ratios to them, and all cases.
    """
    cases = [(n, JUDGED) for n in points[:-1]] + [(points[0], width) for width in widths if width != JUDGED]
    with tempfile.TemporaryDirectory() as folder:
        growth = [_case(Path(folder), n, width, size, 1) for n, width in cases]
        judged = _case(Path(folder), points[-1], JUDGED, size, repeats)
        library = _library(read_heads(_exported(Path(folder), points[-1], JUDGED)), size, repeats, library_images)
    seconds = [one["total"] for one in judged["rounds"]]
    return {
        "features": "synthetic: random ReLU features and a random layer of the same size as the CNN's",
        "threads": max((pool["num_threads"] for pool in threadpool_info()), default=1),
        "group_size": size,
        "target_seconds": TARGET,
        "seconds": spread(seconds),
        "reached": bool(np.median(seconds) < TARGET),
        "judged": judged,
        "growth": [*growth, judged],
        "influenciae": library | {name: spread(library[f"{name}_seconds"], seconds) for name in BASELINES},
    }


BASELINES = ("greedy_by_group_calls", "greedy_by_passes", "gradients_once_our_update")


def spread(values: list[float], by: list[float] | None = None) -> dict[str, float]:
    """Median, least and most of some values, or of their ratios to others, round by round.

    >>> spread([2.0, 6.0, 4.0], [1.0, 1.0, 1.0])
    {'median': 4.0, 'least': 2.0, 'most': 6.0}
    """
    ratios = np.asarray(values) / (1.0 if by is None else np.asarray(by))
    return {"median": float(np.median(ratios)), "least": float(ratios.min()), "most": float(ratios.max())}


def _exported(folder: Path, points: int, width: int) -> Path:
    path = folder / f"{points}_{width}.npz"
    if not path.exists():
        write_arrays(path, **synthetic_features(points, width))
    return path


def _case(folder: Path, points: int, width: int, size: int, repeats: int) -> dict[str, Any]:
    path = _exported(folder, points, width)
    rounds = [one_group(path, size) for _ in range(repeats)]
    tracemalloc.start()
    one_group(path, size)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    heads = read_heads(path).train
    head = workable(read_heads(path), DIRECTIONS).train
    return {
        "images": points,
        "parameters": heads.size,
        "principal_directions": head.size // CLASSES - 1 if head.size < heads.size else 0,
        "rounds": rounds,
        "megabytes": most / 1e6,
        "with_embedding": _with_embedding(head, size),
    }


def one_group(path: Path, size: int) -> dict[str, float]:
    """Seconds of each stage from the exported features to one group by Algorithm 1, and their sum `total`."""
    stages: dict[str, float] = {}
    heads = _timed(stages, "read", lambda: read_heads(path))
    head = _timed(stages, "reduction", lambda: workable(heads, DIRECTIONS).train)
    hessian = _timed(stages, "hessian", head.hessian)
    white = _timed(stages, "eigenvectors", lambda: _whitened(hessian))
    _timed(stages, "search", lambda: grow_one(head, white, 0, size))
    return stages | {"total": sum(stages.values())}


def _with_embedding(head: SoftmaxHead, size: int) -> dict[str, float]:
    """Seconds of Φ once, and of one search with it by each rule: what many groups of one head are grown with."""
    stages: dict[str, float] = {}
    white = _whitened(head.hessian())
    features = _timed(stages, "features", lambda: influence_features(head, white))
    for rule in RULES:
        _timed(stages, rule, lambda rule=rule: grow(features, [0], size - 1, rule))
    _timed(stages, "cosine", lambda: grow(unit(features), [0], size - 1))
    return stages


def _timed(stages: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    begin = time.perf_counter()
    result = work()
    stages[name] = time.perf_counter() - begin
    return result


def _whitened(hessian: Array) -> Whitening:
    with threadpool_limits(1 if len(hessian) < FEW else None, "blas"):  # threads of small problems wait for each other
        return whitening(hessian, CUTOFF)


def _library(heads: ImageHeads, size: int, repeats: int, images: int) -> dict[str, Any]:
    """Times of influenciae on the same head, its Hessian given: a group call, a pass, and gradients with H⁺g once.

    Ours pays for reading and for the Hessian in each round; theirs, which is given both, looks better for it. What
    takes too long to run whole is extrapolated: one group call times the candidates of all steps; a pass over a part
    of the images times how many such parts there are, and times the steps where it is repeated.
    """
    head = heads.train
    hessian = head.hessian()
    white = whitening(hessian, CUTOFF)
    group = grow_one(head, white, 0, size)
    theirs = InfluenciaeHead(heads)
    inverse = theirs.exact_inverse(head, hessian)
    part, steps, grown = head.rows(slice(images)), size - 1, head.rows(group)
    calculator = theirs.calculator(part, inverse)
    share = head.n / part.n
    candidates = steps * head.n - size * steps // 2  # Σ over the steps of the images that have not joined yet
    found: dict[str, list[float]] = {name: [] for name in ("group_call", "pass", "gradients", "update")}
    for _ in range(repeats + 1):  # the first round compiles
        for name, work in (
            ("group_call", lambda: group_influence(calculator, grown)),
            ("pass", lambda: influence(calculator, part, head.rows(group[:1]))),
            ("gradients", lambda: theirs.solved(part, inverse)),
            ("update", lambda: _update(head, white, steps)),
        ):
            begin = time.perf_counter()
            work()
            found[name].append(time.perf_counter() - begin)
    call, one_pass, gradients, update = (found[name][1:] for name in found)
    cut = whitening(hessian, 10 * head.size * float(np.finfo(np.float32).eps))
    return {
        "group_call_seconds": call,
        "group_calls_needed": candidates,
        "pass_images": part.n,
        "pass_seconds": one_pass,
        "gradients_seconds": gradients,
        "update_seconds": update,
        "greedy_by_group_calls_seconds": [candidates * one for one in call],
        "greedy_by_passes_seconds": [steps * share * one for one in one_pass],
        "gradients_once_our_update_seconds": [share * a + b for a, b in zip(gradients, update, strict=True)],
        "influence_difference_with_its_cutoff": _difference(group_influence(calculator, grown), head, group, cut),
    }


def _update(head: SoftmaxHead, white: Whitening, steps: int) -> None:
    """Our search from given gradients and H⁺g: one matrix-vector product of n × p numbers a step."""
    solved = np.ones((head.n, head.size), np.float32)  # stands for them: what it holds takes no time
    total = white.solve(head.rows([0]).gradients())[0].astype(np.float32)
    for _ in range(steps):
        solved @ total


def _difference(theirs: float, head: SoftmaxHead, group: Array, white: Whitening) -> float:
    total = head.rows(group).gradients().sum(axis=0)
    return abs(theirs / float(total @ white.solve(total[None])[0]) - 1)
