"""Influence of training points on parameters, losses and any other function of the model."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

Array = np.ndarray


class NotPositiveDefiniteError(ValueError):
    """The curvature matrix has an eigenvalue that is not positive, so the influence is not defined."""


def solve(curvature: Array, right: Array) -> Array:
    """C⁻¹ B by Cholesky factorisation, the check that C is positive definite included.

    Args:
        curvature: C, symmetric, shape (p, p).
        right: B, shape (p,) or (p, m).

    Raises:
        NotPositiveDefiniteError: C has an eigenvalue below rounding (p · 2.2e-16 times the largest).
    """
    values = np.linalg.eigvalsh(curvature)
    if values[0] <= len(values) * np.finfo(float).eps * max(values[-1], 0.0):
        raise NotPositiveDefiniteError(
            f"smallest eigenvalue {values[0]:.3g}, need > 0: go on training to a minimum, "
            f"or add damping (curvature + λI with λ > {abs(min(values[0], 0.0)):.3g})"
        )
    return cho_solve(cho_factor(curvature), right)


def parameter_influence(train_gradients: Array, curvature: Array) -> Array:
    r"""Derivative of the refitted parameters, $d\theta_\varepsilon/d\varepsilon = -H^{-1} g_j$.

    Koh and Liang 2017, Eq. 1; blog, 1.1.2.3. The report's "influence vector" (its Definition 2.2) is this with the
    opposite sign.

    Args:
        train_gradients: g_j, gradients of the training losses without the regulariser, shape (n, p).
        curvature: H, Hessian of the whole objective with its regulariser, shape (p, p).

    Returns:
        Shape (n, p), in units of the parameters per unit of ε.

    Raises:
        NotPositiveDefiniteError: the curvature has an eigenvalue ≤ 0; the message gives it and the remedy.

    >>> parameter_influence(np.ones((1, 2)), np.diag([1.0, 4.0])).tolist()
    [[-1.0, -0.25]]
    """
    return -solve(curvature, train_gradients.T).T


def influence(test_gradients: Array, train_gradients: Array, curvature: Array) -> Array:
    r"""Influence of each training point on each measurement, $I_{ij} = -\nabla f_i^\top H^{-1} g_j$.

    The derivative of measurement i when training point j is up-weighted by ε beside the mean loss (Koh and Liang
    2017, Eq. 2; blog, 1.1). The measurement is a test loss or any differentiable function of the model.
    Removing point j (ε = −1/n) changes measurement i by about −I_ij / n.

    Args:
        test_gradients: ∇f_i, gradients of the measurements, shape (m, p).
        train_gradients: g_j, gradients of the training losses without the regulariser, shape (n, p).
        curvature: H, Hessian of the whole objective with its regulariser, shape (p, p).

    Returns:
        Shape (m, n), in units of the measurement. Negative: up-weighting j lowers measurement i.

    Raises:
        NotPositiveDefiniteError: the curvature has an eigenvalue ≤ 0; the message gives it and the remedy.

    >>> influence(np.eye(2), np.eye(2), np.diag([1.0, 4.0])).tolist()
    [[-1.0, 0.0], [0.0, -0.25]]
    """
    return test_gradients @ parameter_influence(train_gradients, curvature).T  # (m, p) @ (p, n)
