"""What damping does to a Hessian with negative eigenvalues: every damped matrix is formed and decomposed."""

import torch
from torch import Tensor

REACH = {"half": 0.5, "below": 0.9, "above": 1.1}  # damping, as a multiple of |λmin(H)|


def damped_hessian(H: Tensor, gradients: Tensor) -> dict[str, float]:
    r"""Form $H + \lambda I$ at and around $\lambda = -\lambda_{\min}(H)$, decompose it, and solve with it.

    Args:
        H: symmetric, shape (p, p).
        gradients: of the training examples, shape (n, p): the right-hand sides of their influence.

    Returns:
        Nothing if H has no negative eigenvalue beyond rounding. Otherwise `least_singular_value`, the smallest singular
        value of $H - \lambda_{\min} I$ over the largest of H; for each name of `REACH`, `positive_definite_<name>`,
        1 if the damped matrix has a Cholesky factor and 0 if not, and `reversed_<name>`, the share of examples for
        which $g^\top(H + \lambda I)^{-1}g < 0$: up-weighting them would raise their own loss. And `solve_residual`
        of the solves with the Cholesky factor above, $\|(H + \lambda I)X - g\|/\|g\|$.
    """
    identity = torch.eye(len(H), dtype=H.dtype)
    values = torch.linalg.eigvalsh(H)
    smallest, largest = float(values[0]), float(values.abs().max())
    if smallest > -1e-12 * largest:
        return {}
    facts = {"least_singular_value": float(torch.linalg.svdvals(H - smallest * identity)[-1]) / largest}
    for name, reach in REACH.items():
        damped = H + reach * abs(smallest) * identity
        factor, failed = torch.linalg.cholesky_ex(damped)
        facts[f"positive_definite_{name}"] = float(failed == 0)
        solved = torch.linalg.solve(damped, gradients.T) if failed else torch.cholesky_solve(gradients.T, factor)
        facts[f"reversed_{name}"] = float(((gradients.T * solved).sum(0) < 0).double().mean())
        if name == "above":
            facts["solve_residual"] = float((damped @ solved - gradients.T).norm() / gradients.norm())
    return facts


def damped_spectra(matrix: Tensor, dampings: list[float]) -> Tensor:
    """Eigenvalues, ascending, of the matrix with λ on its diagonal, for each λ: shape (dampings, p)."""
    identity = torch.eye(len(matrix), dtype=matrix.dtype)
    return torch.stack([torch.linalg.eigvalsh(matrix + damping * identity) for damping in dampings])
