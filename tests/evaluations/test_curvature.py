"""Evaluations of the Gauss-Newton page, at the scale of the test cases."""

import numpy as np
import pytest
import torch

from influence_lab.curvature.hessian import hessian, mean_loss
from influence_lab.evaluations.approximations import DAMPING_FACTORS, approximation_table, rank_agreement
from influence_lab.evaluations.cost import METHODS, cost_by_width, keep, mean_cost, peak_bytes
from influence_lab.evaluations.decomposition import decomposition
from influence_lab.evaluations.fisher_convergence import fisher_convergence
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.evaluations.tokens import sum_and_mean
from influence_lab.models.layered import Network
from tests.curvature.cases import DIGITS, IMAGES, LABELS, MLP, SOFTMAX

TEST = (torch.as_tensor(DIGITS.test_images), torch.as_tensor(DIGITS.test_labels))


def test_decomposition_of_a_model_linear_in_its_parameters_has_no_residual_term():
    network, loss, parameters, images, targets = SOFTMAX.at
    table, spectra = decomposition(network, loss, parameters[None, None], images, targets)
    assert table["residual_share"].tolist() == [0.0]
    exact = torch.linalg.eigvalsh(hessian(mean_loss(network, loss, images, targets), parameters))
    assert torch.allclose(spectra["hessian"][0, 0], exact, atol=1e-12)


def test_approximations_of_a_single_layer_lose_nothing_between_layers():
    network, loss, parameters, images, targets = SOFTMAX.at
    table = approximation_table(network, loss, parameters[None, None], (images, targets), TEST)
    blocks = table[table["method"] == "blocks"]
    assert (blocks["error"] == 0).all()
    assert blocks["rank_agreement"].to_numpy() == pytest.approx(1.0)
    assert blocks["damping_factor"].tolist() == list(DAMPING_FACTORS)


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
    """Twelve seeds: the interval of the mean slope is about ± 0.05."""
    network, loss, parameters, images, _ = MLP.at
    table = fisher_convergence(network, loss, parameters, images, doublings=7, seeds=range(12))
    slopes = [log_log_slope(rows["samples"], rows["error"]).slope for _, rows in table.groupby("seed")]
    assert np.mean(slopes) == pytest.approx(-0.5, abs=0.1)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_cost_counts_what_is_kept():
    table = cost_by_width([2, 4], METHODS, explicit_parameters=120, repeats=2, inputs=IMAGES, labels=LABELS)
    small = table[table["width"] == 2].groupby("method").first()
    p = 17 * 2 + 3 * 2 + 3 * 10
    assert small.loc["Hessian", "kept_bytes"] == small.loc["G", "kept_bytes"] == 8 * p**2
    assert small.loc["blocks", "kept_bytes"] == 8 * (34**2 + 6**2 + 30**2)
    assert small.loc["K-FAC", "kept_bytes"] == 8 * (17**2 + 2**2 + 3**2 + 2**2 + 3**2 + 10**2)
    assert (table["peak_bytes"] >= table["kept_bytes"]).all()
    assert len(mean_cost(table)) == len(METHODS) + 3
    assert set(table.loc[table["width"] == 4, "method"]) == {"EK-FAC", "K-FAC", "G product"}  # p = 138 > 120


def test_mean_over_tokens_shrinks_fisher_by_another_factor():
    network = Network((16, 2, 3))
    table = sum_and_mean(network, MLP.loss, network.initial(0), IMAGES, range(1, 5))
    assert table["sum_gap"].max() < 1e-12
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
