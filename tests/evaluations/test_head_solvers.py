import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.head_solvers import growing_heads, head_solvers, widened
from tests.models.head_cases import random_head


@pytest.fixture(scope="module")
def head():
    return random_head(n=80, silent=True)[0]


def test_wider_heads_keep_images_and_size_of_features(head):
    wide = widened(head, 30, seed=0)
    assert wide.features.shape == (80, 31)
    assert (wide.features >= 0).all()
    live = head.features[:, 1:-1]  # the first is silent
    assert_allclose(np.sum(wide.features[:, :-1] ** 2), np.sum(live**2))
    assert (wide.probabilities == head.probabilities).all()


def test_conjugate_gradient_meets_its_residual_and_agrees_with_the_direct_solve(head):
    heads = growing_heads(head, {"other": head}, 60, [12, 1300], seed=0)
    table = head_solvers(heads, 1e-2, 8, 2000)
    assert set(table["name"]) == {"CNN", "12 random features", "1300 random features", "other"}
    iterative = table[table["tolerance"] > 0]
    assert (iterative["residual"] <= 1.1 * iterative["tolerance"]).all()
    tight = table[table["tolerance"] == 1e-4]
    assert (tight["agreement"] > 0.999).all()
    assert (table[table["tolerance"] == 0]["parameters"] <= 5000).all()
    large = table[table["parameters"] > 5000]
    assert set(large["tolerance"]) == {0.1, 0.01, 1e-3, 1e-4, -1.0}
    assert (large[large["tolerance"] > 0]["bytes"] < 8 * large["parameters"].max() ** 2 / 50).all()  # H is never formed


def test_a_tolerance_that_takes_too_many_products_gets_no_row(head):
    table = head_solvers({"CNN": head}, 1e-6, 4, 3)
    assert table["tolerance"].tolist() == [0.0]
