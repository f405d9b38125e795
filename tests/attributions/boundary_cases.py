"""A small linear softmax head with right and wrong predictions."""

import numpy as np

from influence_lab.models.softmax_head import SoftmaxHead


def head_case(n=120, d=6, classes=4, seed=0, scale=1.0) -> tuple[SoftmaxHead, np.ndarray]:
    """A head whose features are positive, as after a ReLU, and its weights, shape (K, d + 1)."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([np.abs(rng.standard_normal((n, d))), np.ones(n)])
    weights = scale * rng.standard_normal((classes, d + 1))
    logits = features @ weights.T
    labels = (logits + rng.standard_normal(logits.shape)).argmax(axis=1)
    return SoftmaxHead(features, logits, labels), weights


def group_case(groups=40, size=5, **case) -> tuple[SoftmaxHead, np.ndarray, np.ndarray]:
    """The same with random groups, shape (groups, size)."""
    head, weights = head_case(**case)
    rng = np.random.default_rng(1)
    return head, weights, np.stack([rng.choice(head.n, size, replace=False) for _ in range(groups)])
