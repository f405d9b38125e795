"""Small softmax heads: random features, among them one that is silent and one that repeats another if asked for."""

import numpy as np

from influence_lab.models.softmax_head import SoftmaxHead


def random_head(n=60, width=5, classes=4, silent=False, repeated=False, scale=1.0, seed=0):
    """Features, the 1, logits of a random layer, and labels drawn from it."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.standard_normal((n, width)), np.ones(n)])
    if silent:
        features[:, 0] = 0
    if repeated:
        features[:, 2] = features[:, 1]
    theta = scale * rng.standard_normal(classes * (width + 1))
    blank = SoftmaxHead(features, np.zeros((n, classes)), np.zeros(n, dtype=int))
    p = blank.at(theta).probabilities
    labels = (rng.random(n)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    return SoftmaxHead(features, blank.at(theta).logits, labels), theta
