"""Small retraining problems in float64: 21 points, three models, batches that do not divide the points evenly."""

from dataclasses import replace

import numpy as np

from influence_lab.models.retraining_weights import leave_out
from influence_lab.models.retraining_work import Training, Work, make_work

TRAINING = Training(hidden=(5, 4), epochs=6, batch_size=8, learning_rate=0.05, precision="float64")
SMOOTH = replace(TRAINING, activation="tanh")
SIZE = TRAINING.network(2).size


def small_work(models: int = 3, seed: int = 0, **arrays) -> Work:
    """Models without different points, of different seeds."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((21, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(float)
    weights = leave_out(21, [range(model, 21, 7) if model else [] for model in range(models)])
    return make_work(X, y, weights, np.arange(models) + seed, **arrays)


def proximal_work(models: int = 3) -> Work:
    """The same with starts and, elsewhere, anchors."""
    rng = np.random.default_rng(5)
    return small_work(models, starts=rng.standard_normal((models, SIZE)), anchors=rng.standard_normal((models, SIZE)))
