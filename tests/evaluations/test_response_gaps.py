import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.data.toy import toy_data
from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations.local_responses import local_responses, solver_errors, tangent_errors
from influence_lab.evaluations.response_gaps import GAPS, MEASURED, response_gaps, settings
from influence_lab.evaluations.response_tables import (
    convergence_table,
    gap_table,
    over_seeds,
    share_table,
    stage_table,
    usable,
)
from tests.models.local_cases import DAMPING, MODEL

TOY = {"hidden": [4, 3], "epochs": 4, "batch_size": 8, "learning_rate": 0.01}
POINTS = np.array([0, 4, 9])


@pytest.fixture(scope="module")
def data():
    return toy_data(0, [10, 10], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 20, 0.5, 0.05, 12)


@pytest.fixture(scope="module")
def runs(data):
    return [response_gaps(data, TOY, seed, [3, 4], 4, [0.1, 0.5], 0.1, 5, 6, 20) for seed in range(2)]


def test_the_slope_of_solved_bregman_problems_is_the_damped_gauss_newton_influence():
    """Off the optimum, where −H⁻¹g would be wrong; extrapolated differences and 1e-13 gradients leave about 1e-8."""
    assert tangent_errors(MODEL, DAMPING, POINTS).max() < 1e-6


def test_linearisation_is_small_and_the_solver_converges_with_depth():
    responses = local_responses(MODEL, DAMPING, POINTS, depth=4000)
    assert all(fit.converged for fit in [responses.proximal_all, *responses.proximal, *responses.pbrf])
    assert_allclose(responses.lissa, responses.linear, atol=1e-12)
    moved = np.array([np.linalg.norm(fit.theta - MODEL.theta) for fit in responses.pbrf])
    missed = np.linalg.norm([fit.theta for fit in responses.pbrf] - responses.linear, axis=1)
    assert (missed < moved / 2).all()  # ε = −1/24 is a large step
    errors = solver_errors(MODEL, DAMPING, POINTS, [1, 10, 100])
    assert (np.diff(errors, axis=0) < 0).all()


def test_a_run_holds_every_stage_of_every_setting(runs):
    run = runs[0]
    assert list(zip(run["epochs"], run["damping"], strict=True)) == settings([3, 4], 4, [0.1, 0.5], 0.1)
    assert run["distance"].shape == run["paired_distance"].shape == (3, len(GAPS), 5)
    assert run["effect"].shape == (3, len(MEASURED), 6, 5)
    assert run["converged"].all()
    assert run["gradient_norm"].max() <= 1e-10
    assert run["least_eigenvalues"].min() > 0
    assert (run["remaining"] <= run["distance"][:, 3:].sum(axis=1) * (1 + 1e-12)).all()  # triangle inequality


def test_cold_and_warm_retrainings_do_not_depend_on_the_damping(runs):
    """Settings 0 and 1 share the epochs: only what contains λ may differ."""
    assert_allclose(runs[0]["distance"][0, 0], runs[0]["distance"][1, 0], rtol=1e-12)
    assert (runs[0]["distance"][0, 2:4] > runs[0]["distance"][1, 2:4]).all()


def test_influence_predicts_the_bregman_response_best(runs):
    table = stage_table(runs).groupby("stage")["correlation"].mean()
    assert table["pbrf"] > 0.99
    assert table["pbrf"] == table[list(MEASURED)].max()


def test_points_that_did_not_converge_are_left_out_and_counted(runs):
    spoilt = [{name: values.copy() for name, values in run.items()} for run in runs]
    spoilt[0]["converged"][0, 1, 2] = False
    spoilt[0]["effect"][0, :, :, 2] = 1e6
    spoilt[0]["distance"][0, :, 2] = 1e6
    assert usable(spoilt[0], 0).tolist() == [True, True, False, True, True]
    assert np.abs(stage_table(spoilt)["correlation"]).max() <= 1 + 1e-12
    assert gap_table(spoilt)["distance"].max() < 1e3
    counts = convergence_table(spoilt).set_index(["epochs", "damping", "problem"])["converged"]
    assert counts[(4, 0.1, "proximal Bregman")] == 9
    assert counts.sum() == 2 * 3 * (2 * 5 + 1) - 1
    ranks = convergence_table(spoilt).set_index(["epochs", "damping", "problem"])["ranks"]
    norms = runs[0]["point_gradient_norm"][0]
    assert ranks[(4, 0.1, "proximal Bregman")] == str(1 + (norms > norms[2]).sum())


def test_a_start_whose_problem_with_all_points_failed_has_no_proximal_stage(runs):
    spoilt = [{name: values.copy() for name, values in run.items()} for run in runs]
    spoilt[0]["all_converged"][0] = False
    spoilt[0]["converged"][0, 0, 1] = False
    assert usable(spoilt[0], 0, "pbrf").all()
    stages = stage_table(spoilt).query("epochs == 4 and damping == 0.1 and seed == 0")["stage"]
    assert set(stages) == {"other batches", "cold", "warm", "pbrf", "lissa", "ceiling"}
    assert len(share_table(spoilt)) == len(share_table(runs)) - 1
    assert over_seeds(gap_table(spoilt), ["epochs", "damping", "gap"], "paired")["half"].isna().sum() == len(GAPS)


def test_the_slope_of_an_effect_on_itself_doubled_is_one_half(runs):
    doubled = [run | {"effect": run["predicted"][:, :1].repeat(len(MEASURED), 1) / 2} for run in runs]
    table = stage_table(doubled).query("stage == 'pbrf'")
    assert_allclose(table["slope"], 0.5)
    assert_allclose(table["correlation"], 1.0)


def test_shares_are_ratios_of_the_distances(runs):
    row = share_table(runs).iloc[0]
    distance = runs[0]["distance"][0]
    assert_allclose(row["linearisation"], np.median(distance[3] / distance[:3].sum(axis=0)))
    assert_allclose(row["solver"], np.median(distance[4] / distance[3]))
    assert_allclose(row["largest"], (distance[3] / runs[0]["moved"][0]).max())
    assert row["paired_remaining"] > row["remaining"]  # training on moves the network whether or not a point is gone
    summary = over_seeds(share_table(runs), ["epochs", "damping"], "solver")
    assert len(summary) == 3


def test_correlation_needs_effects_that_vary():
    with pytest.raises(ValueError, match="constant"):
        correlations(np.ones((1, 4)), np.arange(4.0)[None])
