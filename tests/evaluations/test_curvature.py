"""Evaluations of the Gauss-Newton page, at the scale of the test cases."""

import numpy as np
import pandas as pd
import pytest
import torch

from influence_lab.curvature.hessian import hessian, mean_loss
from influence_lab.evaluations.approximations import DAMPING_FACTORS, OWN_DAMPING, approximation_table, rank_agreement
from influence_lab.evaluations.cost import METHODS, cost_by_width, keep, peak_bytes, typical_cost
from influence_lab.evaluations.damping import damped_hessian
from influence_lab.evaluations.decomposition import decomposition
from influence_lab.evaluations.fisher_convergence import fisher_convergence, rms_errors, rms_slope
from influence_lab.evaluations.intervals import bootstrap_interval, mean_interval
from influence_lab.evaluations.tokens import sum_and_mean
from influence_lab.models.layered import Network
from tests.curvature.cases import DIGITS, IMAGES, LABELS, MLP, SOFTMAX

TEST = (torch.as_tensor(DIGITS.test_images), torch.as_tensor(DIGITS.test_labels))


def test_decomposition_of_a_model_linear_in_its_parameters_has_no_residual_term():
    network, loss, parameters, images, targets = SOFTMAX.at
    table, spectra = decomposition(network, loss, parameters[None, None], images, targets, [0.1, 1.0])
    assert table["residual_share"].tolist() == [0.0]
    assert "solve_residual" not in table  # no negative eigenvalue, so nothing to cure
    assert torch.allclose(spectra["damped"][0, 0], spectra["gauss_newton"][0] + torch.tensor([[0.1], [1.0]]))
    exact = torch.linalg.eigvalsh(hessian(mean_loss(network, loss, images, targets), parameters))
    assert torch.allclose(spectra["hessian"][0, 0], exact, atol=1e-12)


def test_damping_at_a_negative_eigenvalue_makes_the_hessian_singular_and_beyond_it_positive_definite():
    H = torch.diag(torch.tensor([-2.0, -0.5, 3.0], dtype=torch.float64))
    facts = damped_hessian(H, torch.eye(3, dtype=torch.float64))
    assert facts["least_singular_value"] == 0
    definite = [facts[f"positive_definite_{name}"] for name in ("half", "below", "above")]
    assert definite == [0, 0, 1]
    assert facts["reversed_half"] == pytest.approx(1 / 3)  # λ = 1: only −2 + 1 < 0
    assert facts["reversed_above"] == 0
    assert facts["solve_residual"] < 1e-14
    assert damped_hessian(H.square(), H) == {}


def test_approximations_of_a_single_layer_lose_nothing_between_layers():
    network, loss, parameters, images, targets = SOFTMAX.at
    table = approximation_table(network, loss, parameters[None, None], (images, targets), TEST)
    blocks = table[table["method"] == "blocks"]
    assert (blocks["error"] == 0).all()
    assert blocks["rank_agreement"].to_numpy() == pytest.approx(1.0)
    assert blocks["damping_factor"].tolist() == list(DAMPING_FACTORS)
    scored = table[table["part"] == "network"]
    whole, own = (scored[scored["method"] == name]["rank_agreement"].to_numpy() for name in ("EK-FAC", OWN_DAMPING))
    assert own == pytest.approx(whole)  # one layer: its mean eigenvalue is that of G


def test_approximations_are_ordered():
    network, loss, parameters, images, targets = MLP.at
    table = approximation_table(network, loss, parameters[None, None], (images, targets), TEST)
    error = table[table["part"] == "network"].groupby("method")["error"].first()
    assert 0 < error["blocks"] < error["EK-FAC"] <= error["K-FAC"] < 1


def test_rank_agreement_sees_order_only():
    scores = torch.tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    assert rank_agreement(scores.exp(), scores) == pytest.approx(1.0)
    assert rank_agreement(-scores, scores) == pytest.approx(-1.0)


def test_sampled_fisher_converges_with_the_square_root_of_the_samples():
    """Twelve repetitions: the bootstrap interval is about ± 0.05."""
    network, loss, parameters, images, _ = MLP.at
    table = fisher_convergence(network, loss, parameters, images, doublings=7, seeds=range(12))
    slope, half = rms_slope(table)
    assert slope == pytest.approx(-0.5, abs=0.1)
    assert 0 < half < 0.1
    errors = rms_errors(table)
    assert errors["samples"].tolist() == [2**power for power in range(8)]
    assert errors["mean"].iloc[0] ** 2 == pytest.approx(table.query("samples == 1")["error"].pow(2).mean())


def test_slope_of_the_root_mean_square_is_not_pulled_by_skewed_errors():
    """Mean squares 2 and 1 at m = 1 and 4, whatever the logarithms of the errors at m = 1."""
    table = pd.DataFrame({"seed": [0, 1, 0, 1], "samples": [1, 1, 4, 4], "error": [0.1, 3.99**0.5, 1.0, 1.0]})
    assert rms_slope(table)[0] == pytest.approx(np.log(1 / 2**0.5) / np.log(4))


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_cost_counts_what_is_kept():
    table = cost_by_width([2, 4], METHODS, explicit_parameters=120, repeats=2, inputs=IMAGES, labels=LABELS)
    small = table[table["width"] == 2].groupby("method").first()
    p = 17 * 2 + 3 * 2 + 3 * 10
    assert small.loc["Hessian", "kept_bytes"] == small.loc["G", "kept_bytes"] == 8 * p**2
    assert small.loc["blocks", "kept_bytes"] == 8 * (34**2 + 6**2 + 30**2)
    assert small.loc["K-FAC", "kept_bytes"] == 8 * (17**2 + 2**2 + 3**2 + 2**2 + 3**2 + 10**2)
    assert (table["peak_bytes"] >= table["kept_bytes"]).all()
    typical = typical_cost(table)
    assert len(typical) == len(METHODS) + 3
    assert (typical["least"] <= typical["seconds"]).all()
    assert (typical["seconds"] <= typical["most"]).all()
    assert set(table.loc[table["width"] == 4, "method"]) == {"EK-FAC", "K-FAC", "G product"}  # p = 138 > 120


def test_mean_over_tokens_shrinks_fisher_by_another_factor():
    network = Network((16, 2, 3))
    table = sum_and_mean(network, MLP.loss, network.initial(0), IMAGES, range(1, 5))
    assert table["sum_gap"].max() < 1e-12
    assert table["factor_gap"].max() < 1e-12
    assert table["mean_gap"].to_numpy() == pytest.approx(1 - 1 / table["T"].to_numpy(), abs=1e-12)
    assert table["F"].to_numpy() == pytest.approx(table["T"].to_numpy() ** -2.0)


def test_peak_memory_of_a_known_computation():
    """Two matrices of 8 MB alive at once, although only one number is left."""
    peak = peak_bytes(lambda: (torch.ones(1000, 1000, dtype=torch.float64) + 1.0).sum())
    assert 16e6 <= peak < 17e6


@pytest.mark.parametrize("method", ["blocks", "K-FAC", "EK-FAC"])
def test_kept_matrices_are_one_set_a_layer(method):
    per_layer = {"blocks": 1, "K-FAC": 2, "EK-FAC": 3}[method]
    assert len(keep(method, MLP.network, MLP.parameters, IMAGES, LABELS)) == 3 * per_layer


def test_interval_of_the_mean():
    """Student's t with one degree of freedom: 12.706 standard errors."""
    assert mean_interval([0.0, 2.0]) == pytest.approx((1.0, 12.706), rel=1e-4)
    with pytest.raises(ValueError, match="two values"):
        mean_interval([1.0])


def test_bootstrap_interval_of_a_mean_is_that_of_the_normal_distribution():
    """400 values of variance 1: half-width 1.96 / 20, and the longer side of a percentile interval is near it."""
    values = np.random.default_rng(0).normal(size=(400, 1))
    value, half = bootstrap_interval(lambda rows: rows[..., 0].mean(-1), values)
    assert value == pytest.approx(values.mean())
    assert half == pytest.approx(1.96 * values.std() / 20, rel=0.15)
