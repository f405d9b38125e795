"""Seconds of the greedy search over many points, and of influenciae's group call on the same model, in one run."""

import time
from typing import Any

import numpy as np
from scipy.special import softmax

from influence_lab.attributions.functioning_groups import RULES, grow, whitened
from influence_lab.attributions.influenciae_groups import GroupCall

Array = np.ndarray

INPUTS, CLASSES = 64, 10  # a last layer of (64 + 1) · 10 = 650 parameters
DAMPING = 1e-3


def last_layer(points: int, seed: int = 0) -> dict[str, Array]:
    """Random inputs, a random softmax layer, labels drawn from it, its gradients and its damped curvature.

    Returns:
        X (points, 64), y (points,), kernel (64, 10), bias (10,), gradients (points, 650) in the order of Keras (kernel
        by rows, then bias), and curvature (650, 650): the Hessian of the mean loss plus λI, in the same order.
    """
    rng = np.random.default_rng(seed)
    X, kernel, bias = (
        rng.standard_normal((points, INPUTS)),
        rng.standard_normal((INPUTS, CLASSES)) / 8,
        np.zeros(CLASSES),
    )
    p = softmax(X @ kernel + bias, axis=1)
    y = (rng.random(points)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=CLASSES - 1)
    ones = np.column_stack([X, np.ones(points)])  # (points, 65)
    residual = p - np.eye(CLASSES)[y]
    gradients = (ones[:, :, None] * residual[:, None]).reshape(points, -1)
    curvature = np.empty((INPUTS + 1, CLASSES, INPUTS + 1, CLASSES))
    for k in range(CLASSES):
        for m in range(k, CLASSES):
            weight = p[:, k] * ((k == m) - p[:, m])
            curvature[:, k, :, m] = curvature[:, m, :, k] = ones.T @ (ones * weight[:, None]) / points
    size = gradients.shape[1]
    matrix = curvature.reshape(size, size) + DAMPING * np.eye(size)
    return {"X": X, "y": y, "kernel": kernel, "bias": bias, "gradients": gradients, "curvature": matrix}


def groups_bench(points: int, steps: int, repeats: int) -> dict[str, Any]:
    """Time the search by both rules and influenciae's group call in turn, and compare their values.

    Args:
        points: n.
        steps: points added in each search.
        repeats: rounds.

    Returns:
        Seconds of the features and of each round; the target (a search in less than a second); how many calls to
        influenciae one search takes and how long that would last; the relative difference of K(G, G).
    """
    layer = last_layer(points)
    begin = time.perf_counter()
    features = whitened(layer["gradients"], layer["curvature"]).astype(np.float32)
    seconds_features = time.perf_counter() - begin
    group = grow(features, [0], steps).members
    call = GroupCall(layer["X"], layer["y"], layer["kernel"], layer["bias"], layer["curvature"])
    theirs, ours = call.influence(group), float(np.sum(features[group].sum(axis=0, dtype=float) ** 2))
    searches: dict[str, list[float]] = {rule: [] for rule in RULES}
    calls = []
    for _ in range(repeats):
        for rule in RULES:
            begin = time.perf_counter()
            grow(features, [0], steps, rule)
            searches[rule].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        call.influence(group)
        calls.append(time.perf_counter() - begin)
    needed = steps * (points - 1) - steps * (steps - 1) // 2  # one a candidate and step
    return {
        "points": points,
        "features": features.shape[1],
        "steps": steps,
        "seconds_features": seconds_features,
        "seconds_search": searches,
        "target_seconds": 1.0,
        "reached": bool(max(float(np.median(each)) for each in searches.values()) < 1.0),
        "seconds_influenciae_call": calls,
        "influenciae_calls_per_search": needed,
        "hours_influenciae_search_projected": needed * float(np.median(calls)) / 3600,
        "group_influence_relative_difference": abs(theirs - ours) / ours,
    }
