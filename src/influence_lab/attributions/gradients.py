r"""Scores from gradients alone: dot products, cosines, and their sum along the path of training (TracIn).

All have the sign of `influence`: positive where up-weighting the training point raises the measurement.
"""

import numpy as np

Array = np.ndarray


def dot_products(test_gradients: Array, train_gradients: Array) -> Array:
    r"""$-\nabla f_i^\top g_j$: what a small gradient step on point j does to measurement i, per unit of step length.

    It is influence with the identity for curvature.

    Args:
        test_gradients: ∇f_i, gradients of the measurements, shape (m, p).
        train_gradients: g_j, gradients of the training losses, shape (n, p).

    Returns:
        Shape (m, n).
    """
    return -test_gradients @ train_gradients.T


def cosines(test_gradients: Array, train_gradients: Array) -> Array:
    r"""$-\cos(\nabla f_i, g_j)$, shape (m, n); 0 where either gradient is zero."""
    lengths = np.linalg.norm(test_gradients, axis=1)[:, None] * np.linalg.norm(train_gradients, axis=1)
    products = dot_products(test_gradients, train_gradients)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


def tracin(test_gradients: Array, train_gradients: Array, rates: Array) -> Array:
    r"""TracInCP (Pruthi et al. 2020): $-\sum_t \eta_t\, \nabla f_i(\theta_t)^\top g_j(\theta_t)$ over checkpoints.

    For gradient descent with one point a step, from θ_t with rate η_t, this is to first order the change of the
    measurement over those steps. Pruthi et al. measure a test loss and give the opposite sign: the loss taken away.

    Args:
        test_gradients: at each checkpoint, shape (T, m, p).
        train_gradients: at each checkpoint, shape (T, n, p).
        rates: η_t, shape (T,).

    Returns:
        Shape (m, n), in units of the measurement.
    """
    steps = zip(rates, test_gradients, train_gradients, strict=True)
    return sum(rate * dot_products(tests, train) for rate, tests, train in steps)
