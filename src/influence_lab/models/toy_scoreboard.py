"""What the scoreboard needs beside the leave-one-out trainings: checkpoints, and networks trained with wrong labels."""

import numpy as np

from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_work import Training, Work

Array = np.ndarray


def checkpoint_epochs(epochs: int, checkpoints: int) -> tuple[int, ...]:
    """Evenly spaced epochs, the last one among them; fewer where there are not as many epochs.

    >>> checkpoint_epochs(100, 4)
    (25, 50, 75, 100)
    """
    return tuple(sorted({round(epochs * step / checkpoints) for step in range(1, checkpoints + 1)} - {0}))


def flipped_labels(y: Array, share: float, seeds: int) -> Array:
    """Labels with round(share · n) of them wrong, drawn anew for each seed, shape (seeds, n)."""
    flipped = np.tile(y, (seeds, 1))
    for seed, row in enumerate(flipped):
        wrong = np.random.default_rng([seed, 1]).choice(len(y), round(share * len(y)), replace=False)
        row[wrong] = 1 - row[wrong]
    return flipped


def paths(X: Array, labels: Array, training: Training) -> Array:
    """Parameters at the training's checkpoints, one network a row of labels, with its number for a seed.

    Args:
        X: shape (n, d).
        labels: shape (seeds, n).
        training: how, with its checkpoints.

    Returns:
        Shape (seeds, checkpoints, p), float64.
    """
    trained = [
        retrain(Work(X, y, np.ones((1, len(X))), np.array([seed]), np.array([seed])), training).parameters[0]
        for seed, y in enumerate(labels)
    ]
    return np.stack(trained).astype(np.float64)


def scoreboard_networks(
    data: dict[str, Array], training: Training, flipped_share: float, seeds: int
) -> dict[str, Array]:
    """Networks of seeds 0, 1, ... with the true labels and with some of them wrong.

    Args:
        data: arrays of `toy_data`.
        training: how, with its checkpoints.
        flipped_share: share of wrong labels.
        seeds: their number.

    Returns:
        `theta` and `flipped_theta`, shape (seeds, checkpoints, p), and `flipped_labels`, shape (seeds, n). The ends of
        `theta` are, but for rounding, the networks that `leave_one_out_retrainings` compares with.
    """
    X, y = data["X_train"], data["y_train"]
    labels = flipped_labels(y, flipped_share, seeds)
    return {
        "theta": paths(X, np.tile(y, (seeds, 1)), training),
        "flipped_theta": paths(X, labels, training),
        "flipped_labels": labels,
    }
