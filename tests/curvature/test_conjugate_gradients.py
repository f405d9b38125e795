import numpy as np
import pytest
import torch

from influence_lab.curvature.conjugate_gradient import NotSolvedError
from influence_lab.curvature.conjugate_gradients import conjugate_gradients, sketched

SIZE, SEEN, DAMPING = 60, 8, 0.01


def spectrum(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    basis = torch.linalg.qr(torch.from_numpy(rng.normal(size=(len(values), len(values)))))[0]
    return basis @ torch.diag(values) @ basis.T, basis


def plain(rows: torch.Tensor) -> torch.Tensor:
    return rows


def test_rows_that_are_solved_wait_for_the_others():
    """A row of an eigenvector takes one step; float64, condition number 10."""
    given, basis = spectrum(torch.linspace(1, 10, 8).double())
    rows = torch.stack([basis[:, 0], torch.from_numpy(np.random.default_rng(1).normal(size=8))])
    asked = []

    def products(moved: torch.Tensor) -> torch.Tensor:
        asked.append(len(moved))
        return moved @ given

    found = conjugate_gradients(products, rows, 1e-12, plain, 100)
    torch.testing.assert_close(found, torch.linalg.solve(given, rows.T).T, rtol=1e-9, atol=1e-10)
    assert asked == [2] + [1] * (len(asked) - 1)
    with pytest.raises(NotSolvedError, match="after 2 products"):
        conjugate_gradients(products, rows, 1e-12, plain, 2)


def test_a_direction_of_negative_curvature_is_an_error():
    given = torch.diag(torch.tensor([1.0, -1.0]).double())
    with pytest.raises(NotSolvedError, match="need > 0"):
        conjugate_gradients(lambda rows: rows @ given, torch.tensor([[0.1, 1.0]]).double(), 1e-6, plain, 10)


def test_a_sketch_of_a_matrix_of_low_rank_is_the_matrix():
    """Rank 8, sketch of 12: the shift is 10 machine precisions of G's size, its trace is off by rounding."""
    given, _ = spectrum(torch.cat([torch.linspace(1, 100, SEEN), torch.zeros(SIZE - SEEN)]).double())
    sketch = sketched(lambda rows: rows @ given, SIZE, 12, torch.float64)
    again = sketch.basis @ torch.diag(sketch.eigenvalues) @ sketch.basis.T
    torch.testing.assert_close(again, given, rtol=0, atol=1e-8)


def test_a_sketch_changes_the_number_of_products_and_not_the_solution():
    """Eigenvalues 1000 down to 0.001: with the large ones seen, fewer products; residual 1e-10, condition 1e5."""
    given, _ = spectrum(torch.logspace(3, -3, SIZE).double())
    rows = torch.from_numpy(np.random.default_rng(2).normal(size=(3, SIZE)))
    exact = torch.linalg.solve(given + DAMPING * torch.eye(SIZE), rows.T).T
    sketch, taken = sketched(lambda moved: moved @ given, SIZE, SIZE // 2, torch.float64), []

    def products(moved: torch.Tensor) -> torch.Tensor:
        taken.append(len(moved))
        return moved @ given + DAMPING * moved

    counts = []
    for preconditioner in (plain, sketch.preconditioner(DAMPING)):
        taken.clear()
        found = conjugate_gradients(products, rows, 1e-10, preconditioner, 1000)
        torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-4)
        counts.append(sum(taken))
    assert counts[1] < counts[0] / 2
