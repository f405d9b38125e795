"""What a model sees of its points, and when: the same for the engine and for a loop over single models."""

from collections.abc import Iterator

import numpy as np

from influence_lab.models.retraining_work import Training, Work


def visible(weights: np.ndarray, training: Training) -> np.ndarray:
    """Which points a model sees, as truth values shaped as `weights`: those of non-zero weight, or all when masked."""
    return weights != 0 if training.absent == "dropped" else np.ones(weights.shape, dtype=bool)


def steps_per_epoch(work: Work, training: Training) -> np.ndarray:
    """Number of mini-batches in an epoch of each model, shape (M,)."""
    counts = visible(work.weights, training).sum(axis=1)
    return -(-counts // training.batch_size) if training.batch_size else np.ones(len(counts), dtype=int)


def epoch_orders(n: int, seen: np.ndarray, order_seed: int, training: Training) -> Iterator[np.ndarray]:
    """For each epoch, the points that one model sees, in their order; batches are cut from it one after the other.

    A random order is one of all n points with the unseen ones taken out, so two models of the same seed see the points
    that they share in the same order.

    Args:
        n: number of points.
        seen: truth values, shape (n,).
        order_seed: of the random orders.
        training: gives the epochs; with full batches the order is that of the data.

    Yields:
        Indices, shape (points seen,).
    """
    rng = np.random.default_rng([order_seed, 1])
    everything = bool(seen.all())
    for _ in range(training.epochs):
        order = rng.permutation(n) if training.batch_size else np.arange(n)
        yield order if everything else order[seen[order]]


def epoch_masks(n: int, order_seed: int, training: Training) -> Iterator[np.ndarray]:
    """For each epoch, which hidden units speak for which point: each with probability 1 − dropout.

    A point's units do not depend on which other points are seen, so two models of the same seed drop the same units of
    the points that they share.

    Args:
        n: number of points.
        order_seed: of the masks; their random numbers are not those of the orders.
        training: gives the epochs, the widths and the rate.

    Yields:
        Truth values, shape (n, all hidden units), the layers one after the other.
    """
    rng = np.random.default_rng([order_seed, 2])
    for _ in range(training.epochs):
        yield rng.random((n, sum(training.hidden)), dtype=np.float32) >= training.dropout
