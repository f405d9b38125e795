r"""Arnoldi's iteration: the largest eigenvalues of a matrix that is known through its products, and their inverse.

Schioppa et al. (2022) build a Krylov basis with products of the Hessian, keep the eigenvalues that are largest in
absolute value and invert those alone. influenciae's `ArnoldiInfluenceCalculator` keeps the smallest instead.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Array = np.ndarray


class LeadingPairs(NamedTuple):
    """Some eigenpairs of a symmetric matrix.

    Attributes:
        values: shape (k,), by falling absolute value.
        vectors: orthonormal columns, shape (p, k).
    """

    values: Array
    vectors: Array

    def solve(self, right: Array, damping: float = 0.0) -> Array:
        r"""$V (\Lambda + \lambda I)^{-1} V^\top B$: the inverse on the span of the pairs, zero outside it.

        Args:
            right: B, shape (p,) or (p, m).
            damping: λ, added to the eigenvalues kept.

        Returns:
            Shape of B.
        """
        coordinates = (self.vectors.T @ right).T / (self.values + damping)  # (k,) or (m, k)
        return self.vectors @ coordinates.T


def krylov(product: Callable[[Array], Array], start: Array, steps: int) -> tuple[Array, Array]:
    r"""Orthonormal basis Q of $\mathrm{span}(b, Cb, C^2 b, \dots)$ and $T = Q^\top C Q$.

    Each new vector is made orthogonal to all earlier ones twice, since rounding undoes it once. The iteration ends
    early when the space is invariant under C: nothing new is left.

    Args:
        product: v ↦ Cv for a symmetric C, shapes (p,).
        start: b, shape (p,), not zero.
        steps: products at most.

    Returns:
        Q of shape (p, k) and T of shape (k, k), k ≤ steps, T symmetrised.

    Raises:
        ValueError: the start is zero.
    """
    length = np.linalg.norm(start)
    if length == 0:
        raise ValueError("the start vector is zero: it spans nothing")
    basis, images = [start / length], []
    for _ in range(min(steps, len(start))):
        images.append(product(basis[-1]))
        Q = np.column_stack(basis)
        rest = images[-1] - Q @ (Q.T @ images[-1])
        rest -= Q @ (Q.T @ rest)
        if np.linalg.norm(rest) <= 1e-10 * np.linalg.norm(images[-1]):
            break
        basis.append(rest / np.linalg.norm(rest))
    Q = np.column_stack(basis[: len(images)])
    T = Q.T @ np.column_stack(images)
    return Q, (T + T.T) / 2


def leading_pairs(product: Callable[[Array], Array], start: Array, steps: int, rank: int) -> LeadingPairs:
    r"""Ritz pairs with the largest $|\lambda|$ from a Krylov basis.

    Args:
        product: v ↦ Cv for a symmetric C, shapes (p,).
        start: shape (p,); drawn at random it has a part along every eigenvector.
        steps: products; with p steps the pairs are exact.
        rank: pairs kept, at most `steps`.

    Returns:
        At most `rank` pairs.

    >>> diagonal = np.array([1.0, -4.0, 9.0])
    >>> leading_pairs(lambda v: diagonal * v, np.ones(3), steps=3, rank=2).values.round(9).tolist()
    [9.0, -4.0]
    """
    Q, T = krylov(product, start, steps)
    values, vectors = np.linalg.eigh(T)
    kept = np.argsort(-np.abs(values))[:rank]
    return LeadingPairs(values[kept], Q @ vectors[:, kept])
