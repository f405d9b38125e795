import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.mixture_influence import stepped, volume_slopes
from influence_lab.evaluations.ideal_derivative import checked_slopes

SIZES = np.array([6.0, 3.0, 1.0])


def ridge(weights, X, y, domains, decay=0.1):
    """The minimum of (1/n) Σ β_d (x·θ − y)²/2 + (λ/2)‖θ‖²."""
    scaled = X * weights[domains][:, None]
    return np.linalg.solve(X.T @ scaled / len(X) + decay * np.eye(X.shape[1]), scaled.T @ y / len(X))


def test_slopes_are_derivatives_of_refits():
    """A ridge regression, of which the curvature is exact: central differences with h = 1e-5 are right to h²."""
    rng = np.random.default_rng(0)
    X, y, domains = rng.normal(size=(10, 3)), rng.normal(size=10), np.repeat([0, 1, 2], [6, 3, 1])
    Z, targets = rng.normal(size=(4, 3)), rng.normal(size=4)
    theta = ridge(np.ones(3), X, y, domains)
    curvature = X.T @ X / 10 + 0.1 * np.eye(3)
    gradients = X * (X @ theta - y)[:, None]
    scores = gradients @ np.linalg.solve(curvature, Z.T @ (Z @ theta - targets) / 4)

    def loss(weights):
        return float(np.square(Z @ ridge(weights, X, y, domains) - targets).mean() / 2)

    h = 1e-5
    refits = [(loss(1 + h * one) - loss(1 - h * one)) / (2 * h) for one in np.eye(3)]
    assert_allclose(volume_slopes(scores, domains, 3), refits, rtol=1e-7, atol=1e-10)


def test_slopes_of_a_small_gpt_are_derivatives_of_refits():
    """Held at its parameters by its own answers; h = 1e-4 leaves h² and the rounding of the refits."""
    check = checked_slopes(width=4)
    assert_allclose(check["formula"], check["refits"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("step", [0.1, 1.0])
def test_a_step_keeps_the_volume_and_lowers_the_first_order_loss(step):
    weights, slopes = np.array([1.0, 0.5, 2.5]), np.array([0.3, -0.6, 0.1])
    moved = stepped(weights, slopes, SIZES, step)
    assert_allclose(moved @ SIZES, weights @ SIZES, rtol=1e-12)
    assert (moved - weights) @ slopes < 0


def test_no_share_changes_by_more_than_the_step_against_another():
    moved = stepped(np.ones(3), np.array([5.0, -4.0, 0.2]), SIZES, 0.7)
    assert np.ptp(np.log(moved)) <= 2 * 0.7 + 1e-12


def test_equal_slopes_per_volume_leave_the_mixture_alone():
    assert_allclose(stepped(np.array([1.0, 2.0, 1.0]), 3 * SIZES, SIZES, 1.0), [1.0, 2.0, 1.0], rtol=1e-12)
