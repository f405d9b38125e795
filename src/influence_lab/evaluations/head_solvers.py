r"""Solve with the Hessian of ever larger last layers: conjugate gradient from products alone, beside direct solves."""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

from influence_lab.curvature.conjugate_gradient import NotSolvedError, conjugate_gradient
from influence_lab.evaluations.lds import rank_correlation
from influence_lab.models.softmax_head import LARGEST, SoftmaxHead, principal

Array = np.ndarray
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4)


def widened(head: SoftmaxHead, width: int, seed: int) -> SoftmaxHead:
    """The same images, labels and probabilities with `width` random ReLU features of the standardised features.

    They have the mean squared length of the features themselves, so that the largest eigenvalue of H stays about the
    same as the head grows.
    """
    rng = np.random.default_rng(seed)
    features = head.features[:, :-1]
    live = features[:, features.std(axis=0) > 0]
    standard = (live - live.mean(axis=0)) / live.std(axis=0)
    weights, shift = rng.standard_normal((live.shape[1], width)), rng.standard_normal(width)
    wide = np.maximum(standard @ weights / np.sqrt(live.shape[1]) + shift, 0)
    wide *= np.sqrt(np.sum(live**2) / np.sum(wide**2))
    return SoftmaxHead(np.column_stack([wide, np.ones(head.n)]), head.logits, head.labels)


def growing_heads(
    cnn: SoftmaxHead, others: dict[str, SoftmaxHead], images: int, widths: list[int], seed: int
) -> dict[str, SoftmaxHead]:
    """Heads on the first so many images: the CNN's, with random features of each width, and others by name."""
    few = cnn.rows(slice(images))
    wide = {f"{width} random features": widened(few, width, seed) for width in widths}
    return {"CNN": few} | wide | {name: head.rows(slice(images)) for name, head in others.items()}


def head_solvers(heads: dict[str, SoftmaxHead], damping: float, directions: int, products: int) -> pd.DataFrame:
    """Solve $(H + λI) x = g$ for the gradient of the first image, in each head.

    Args:
        heads: by name.
        damping: λ.
        directions: principal directions whose influence is compared with that of all features.
        products: most products H v for one solve; a tolerance that takes more gets no row.

    Returns:
        A row for each head and tolerance: name, parameters, images, tolerance, products, seconds, residual (of the
        solution itself), bytes (most memory that the solve took, head aside), agreement (Spearman correlation of the
        influences on all images with those of the tightest solve). And a row with tolerance 0 for the direct solve, of
        heads with at most 5,000 parameters, and one with tolerance −1 for the principal directions, of larger ones.
    """
    return pd.DataFrame(
        [row for name, head in heads.items() for row in _solve(name, head, damping, directions, products)]
    )


def _solve(name: str, head: SoftmaxHead, damping: float, directions: int, products: int) -> list[dict[str, Any]]:
    gradient = head.rows([0]).gradients()[0]
    rows, solutions = [], []

    def product(vector: Array) -> Array:
        return head.hessian_product(vector) + damping * vector

    def add(tolerance: float, solution: Array, residual: float, **measured: float) -> None:
        about = {"name": name, "parameters": head.size, "images": head.n, "tolerance": tolerance, "residual": residual}
        rows.append(about | measured)
        solutions.append(head.products(solution[None]) if len(solution) == head.size else solution[:, None])

    for tolerance in TOLERANCES:
        taken = []

        def counted(vector: Array, taken: list[None] = taken) -> Array:
            taken.append(None)
            return product(vector)

        try:
            measured = _measured(lambda t=tolerance, f=counted: conjugate_gradient(f, gradient, t, products))
        except NotSolvedError:
            break
        solution = measured.pop("result")
        residual = np.linalg.norm(product(solution) - gradient) / np.linalg.norm(gradient)
        add(tolerance, solution, float(residual), products=len(taken), **measured)
    if head.size <= LARGEST:
        measured = _measured(lambda: _direct(head, gradient, damping))
        solution = measured.pop("result")
        residual = np.linalg.norm(product(solution) - gradient) / np.linalg.norm(gradient)
        add(0.0, solution, float(residual), products=0, **measured)
        best = len(solutions) - 1
    else:
        best = len(solutions) - 1
        measured = _measured(lambda: _in_directions(head, directions, damping))
        add(-1.0, measured.pop("result"), float("nan"), products=0, **measured)
    for row, influences in zip(rows, solutions, strict=True):
        row["agreement"] = float(rank_correlation(influences, solutions[best])[0])
    return rows


def _direct(head: SoftmaxHead, gradient: Array, damping: float) -> Array:
    return cho_solve(cho_factor(head.hessian() + damping * np.eye(head.size)), gradient)


def _in_directions(head: SoftmaxHead, directions: int, damping: float) -> Array:
    """Influence of the first image on all images within the principal directions, shape (n,)."""
    small = principal(head, directions)
    return small.products(_direct(small, small.rows([0]).gradients()[0], damping)[None])[:, 0]


def _measured(work: Callable[[], Array]) -> dict[str, Any]:
    tracemalloc.start()  # slows down Python's own small objects only
    begin = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begin
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"result": result, "seconds": seconds, "bytes": float(most)}
