"""Weights boundaries of random groups and of embedding clusters of each class."""

from collections.abc import Sequence
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from influence_lab.attributions.group_boundary import Members, batch_boundary, sequential_boundary
from influence_lab.attributions.least_change import least_changes, nearest_targets
from influence_lab.attributions.network_boundary import network_boundary
from influence_lab.attributions.simple_boundary import simple_boundary
from influence_lab.attributions.weights_boundary import closed_form
from influence_lab.evaluations.boundary_draws import KINDS, both_kinds
from influence_lab.models.softmax_head import SoftmaxHead
from influence_lab.models.torch_cnn import cnn_inputs

Array = np.ndarray


def head_table(
    head: SoftmaxHead, sizes: Sequence[int], draws: int, seed: int, rate: float, steps: int, norm: float, passes: int
) -> pd.DataFrame:
    """Every boundary of the last layer on the same groups of each class, kind and size.

    Args:
        head: the last layer and its training images.
        sizes: of the groups; smaller ones are the first members of larger ones.
        draws: groups of each class and kind.
        seed: draws them.
        rate: learning rate of the simple boundary.
        steps: limit of the simple and of the batch boundary.
        norm: limit of the simple boundary.
        passes: limit of the sequential boundary.

    Returns:
        Columns of `_described`, and method, succeeded, share_flipped, norm (infinite where a least change does not
        exist), steps, passes and seconds (of all groups of this size, over their number).
    """
    kinds, tables = both_kinds(head, draws, max(sizes), seed), []
    for size in sizes:
        groups = np.concatenate([kinds[kind][:, :, :size].reshape(-1, size) for kind in KINDS])
        described = _described(head, groups, draws)
        for method, results in _boundaries(head, groups, rate, steps, norm, passes).items():
            tables.append(described.assign(method=method, size=size, **results))
    return pd.concat(tables, ignore_index=True)


def _boundaries(
    head: SoftmaxHead, groups: Array, rate: float, steps: int, norm: float, passes: int
) -> dict[str, dict[str, Any]]:
    members, tables = Members.of(head, groups), {}
    runs = {
        "batch": lambda: batch_boundary(members, steps),
        "remaining": lambda: batch_boundary(members, steps, remaining=True),
        "sequential": lambda: sequential_boundary(members, passes),
    }
    for method, run in runs.items():
        started = process_time()
        done = run()
        seconds = (process_time() - started) / len(groups)
        tables[method] = _columns(done.flipped, done.flipped.all(axis=1), done.norm, done.steps, done.passes, seconds)
    started = process_time()
    least = np.minimum(
        least_changes(members, nearest_targets(members, done.change)), least_changes(members, nearest_targets(members))
    )
    seconds = (process_time() - started) / len(groups)
    solved = np.isfinite(least)
    tables["least"] = _columns(np.repeat(solved[:, None], 2, axis=1), solved, least, 1, 1, seconds)
    features = head.features[groups].astype(np.float32)
    for method, classes in (("simple", head.labels), ("simple_predicted", head.predictions)):
        started = process_time()
        ascent = simple_boundary(features, head.logits[groups].astype(np.float32), classes[groups], rate, steps, norm)
        seconds = (process_time() - started) / len(groups)
        tables[method] = _columns(ascent.flipped, ascent.succeeded, ascent.norm, ascent.steps, ascent.steps, seconds)
    return tables


def network_table(
    head: SoftmaxHead,
    weights: Sequence[Any],
    images: Array,
    groups: Sequence[tuple[int, str, int, Array]],
    method: str,
    rate: float,
    steps: int,
    norm: float,
) -> pd.DataFrame:
    """The simple boundary on all layers of the CNN.

    Args:
        head: the last layer of the same network, for the columns that describe groups.
        weights: of `cnn_weights`.
        images: uint8 training images.
        groups: (class, kind, draw, members) of each.
        method: "network" ascends the cross-entropy of the labels, "network_predicted" that of the predicted classes.
        rate: learning rate.
        steps: limit.
        norm: limit.

    Returns:
        The columns of `head_table`.
    """
    rows, classes = [], {"network": head.labels, "network_predicted": head.predictions}[method]
    for k, kind, draw, members in groups:
        inputs = cnn_inputs(images[members])
        started = process_time()
        ascent = network_boundary(weights, inputs, classes[members], rate, steps, norm)
        seconds = process_time() - started
        one = _columns(ascent.flipped[None], ascent.succeeded, ascent.norm, ascent.steps, ascent.steps, seconds)
        described = {name: column[0] for name, column in _described_groups(head, members[None]).items()}
        scalars = {name: np.asarray(value).item() for name, value in one.items()}
        rows.append(
            {"class": k, "kind": kind, "draw": draw, "method": method, "size": len(members)} | described | scalars
        )
    return pd.DataFrame(rows)


def _columns(flipped, succeeded, norm, steps, passes, seconds) -> dict[str, Any]:
    return {
        "succeeded": succeeded,
        "share_flipped": np.mean(flipped, axis=1),
        "norm": norm,
        "steps": steps,
        "passes": passes,
        "seconds": seconds,
    }


def _described_groups(head: SoftmaxHead, groups: Array) -> dict[str, Array]:
    """Share of members whose prediction is their label, hardest and mean member by the closed form, mean ‖h‖."""
    norms = closed_form(head.features[groups.ravel()], head.logits[groups.ravel()]).norm.reshape(groups.shape)
    right = head.predictions[groups] == head.labels[groups]
    lengths = np.linalg.norm(head.features[groups], axis=2)
    return {
        "right": right.mean(axis=1),
        "hardest": norms.max(axis=1),
        "typical": norms.mean(axis=1),
        "length": lengths.mean(axis=1),
    }


def _described(head: SoftmaxHead, groups: Array, draws: int) -> pd.DataFrame:
    """Class, kind and draw of groups in the order of `head_table`, and what describes their members."""
    each = head.classes * draws
    order = {
        "class": np.tile(np.repeat(np.arange(head.classes), draws), len(KINDS)),
        "kind": np.repeat(KINDS, each),
        "draw": np.tile(np.arange(draws), head.classes * len(KINDS)),
    }
    return pd.DataFrame(order | _described_groups(head, groups))
