r"""Solve with one matrix for many right-hand sides at once, with a sketch of the matrix to start from."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from influence_lab.curvature.conjugate_gradient import NotSolvedError

Rows = Callable[[Tensor], Tensor]
AT_ONCE = 48  # products of a sketch


@dataclass(frozen=True)
class Sketch:
    r"""$\hat G = U \operatorname{diag}(\Lambda) U^\top$, what r random directions tell of a matrix G.

    Attributes:
        basis: U, orthonormal columns, shape (p, r).
        eigenvalues: Λ ≥ 0, descending, shape (r,).
    """

    basis: Tensor
    eigenvalues: Tensor

    def preconditioner(self, damping: float) -> Rows:
        r"""Rows $v \mapsto P^{-1} v$ for $G + \lambda I$: as if all unseen eigenvalues were the smallest seen one."""
        seen, floor = self.eigenvalues + damping, self.eigenvalues[-1] + damping
        return lambda rows: rows + ((rows @ self.basis) * (floor / seen - 1)) @ self.basis.T


def sketched(products: Rows, size: int, rank: int, dtype: torch.dtype, seed: int = 0) -> Sketch:
    r"""Nyström's sketch $Y(\Omega^\top Y)^{-1}Y^\top$ of a positive semidefinite G, with $Y = G\Omega$.

    Frangella, Tropp and Udell 2023, algorithm 2.1: a small shift keeps the middle matrix positive.

    Args:
        products: G u of each row, from (m, p) to (m, p).
        size: p.
        rank: r, the products that are taken; p where that is less.
        dtype: of the products.
        seed: draws Ω; a solution does not depend on it, but for the time that it takes.
    """
    generator = torch.Generator().manual_seed(seed)
    start = torch.linalg.qr(torch.randn(size, min(rank, size), generator=generator, dtype=dtype))[0]
    image = torch.cat([products(part.contiguous()) for part in start.T.split(AT_ONCE)]).T
    shift = float(image.norm() * torch.finfo(dtype).eps * 10)
    image = (image + shift * start).double()
    middle = start.T.double() @ image
    lower = torch.linalg.cholesky((middle + middle.T) / 2)
    root = torch.linalg.solve_triangular(lower, image.T, upper=False).T.to(dtype)
    basis, values, _ = torch.linalg.svd(root, full_matrices=False)
    return Sketch(basis, (values.square() - shift).clamp(min=0))


def conjugate_gradients(products: Rows, rows: Tensor, tolerance: float, preconditioner: Rows, steps: int) -> Tensor:
    r"""$x$ with $Cx = v$ for several v at once: one product serves all that are not yet solved.

    Args:
        products: C u of each row, from (m, p) to (m, p); C symmetric and positive definite.
        rows: v, shape (m, p).
        tolerance: on the residuals $\|Cx - v\| / \|v\|$.
        preconditioner: $P^{-1} u$ of each row, P near C, symmetric and positive definite.
        steps: most products to take.

    Returns:
        x, shape (m, p).

    Raises:
        NotSolvedError: a residual is still above the tolerance, or a direction has no positive curvature.
    """
    solution, residual, direction = torch.zeros_like(rows), rows.clone(), preconditioner(rows.clone())
    length, goal = (residual * direction).sum(dim=1), tolerance**2 * rows.square().sum(dim=1)
    for _ in range(steps):
        unsolved = (residual.square().sum(dim=1) > goal).nonzero()[:, 0]
        if not len(unsolved):
            return solution
        moved = direction[unsolved]
        image = products(moved)
        curvature = (moved * image).sum(dim=1)
        if (curvature <= 0).any():
            raise NotSolvedError(f"uᵀCu = {float(curvature.min()):.2g} for a direction u, need > 0: add damping")
        step = (length[unsolved] / curvature)[:, None]
        solution[unsolved] += step * moved
        residual[unsolved] -= step * image
        turned = preconditioner(residual[unsolved])
        after = (residual[unsolved] * turned).sum(dim=1)
        direction[unsolved] = turned + (after / length[unsolved])[:, None] * moved
        length[unsolved] = after
    worst = float((residual.square().sum(dim=1) / rows.square().sum(dim=1)).max().sqrt())
    if worst <= tolerance:
        return solution
    raise NotSolvedError(f"relative residual {worst:.1e} after {steps} products, wanted {tolerance:.0e}: add damping")
