import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.evaluations.ranks import ceiling, half_correlations
from influence_lab.evaluations.toy_scoreboard import CEILING, METRICS, scoreboard
from influence_lab.evaluations.toy_truths import Truths

SEEDS, TESTS, POINTS, SUBSETS, REPEATS = 3, 5, 12, 20, 4


def made():
    """Truths that follow from one matrix without noise, and methods that are that matrix or its opposite."""
    rng = np.random.default_rng(0)
    effects, noise = rng.standard_normal((TESTS, POINTS)), rng.standard_normal((TESTS, POINTS))
    masks = (rng.random((SUBSETS, POINTS)) < 0.5).astype(float)
    points = np.tile(np.arange(6), (SEEDS, 1))
    solved = np.ones((SEEDS, 6), dtype=bool)
    solved[0] = False  # a seed in which nothing was solved is left out
    wrong = np.zeros((SEEDS, POINTS), dtype=bool)
    wrong[:, :2] = True
    margins = np.repeat((masks @ effects.T)[:, None], REPEATS, axis=1)
    truths = Truths(
        np.stack([effects] * SEEDS), points, solved, np.stack([effects[:, :6]] * SEEDS), masks, margins, wrong
    )
    missing = np.full((TESTS, POINTS), np.nan)
    matrix = np.stack([np.stack([effects, -effects, missing, noise])] * SEEDS)
    own = np.stack([np.stack([wrong[0], ~wrong[0], wrong[0], wrong[0]]).astype(float)] * SEEDS)
    own[:, 2] = np.nan
    scores = {
        "methods": np.array(["influence, G + λ*I", "opposite", "broken", "noise"]),
        "matrix": matrix,
        "own": own,
        "seconds": np.ones((SEEDS, 4)),
        "peak_bytes": np.full(4, 2_000_000),
        "gradient_seconds": np.full(SEEDS, 0.25),
        "failures": np.array([["", "", "smallest eigenvalue -1", ""]] * SEEDS),
        "own_failures": np.array([["", "", "smallest eigenvalue -2", ""]] * SEEDS),
    }
    ensembles = {
        "methods": np.array(["datamodels, 40 trainings", "TRAK, 4 models"]),
        "matrix": np.stack([effects, effects]),
        "networks": np.array([40, 4]),
        "passes": np.array([0, 4]),
        "seconds": np.array([9.0, 1.0]),
        "peak_bytes": np.array([1, 1]),
        "training_seconds": np.array(0.5),
        "blocks": np.stack([effects, noise]),
        "block_seconds": np.array(2.0),
    }
    return scoreboard(scores, ensembles, truths, checkpoints=3).set_index(["method", "metric"])


def test_the_truth_itself_has_correlation_one_and_its_opposite_minus_one():
    table = made()
    for metric in ("loo", "pbrf", "lds"):
        assert_allclose(table.loc[("influence, G + λ*I", metric), ["mean", "half"]].astype(float), [1, 0], atol=1e-12)
        assert_allclose(table.loc[("opposite", metric), "mean"], -1)
        assert_allclose(table.loc[("datamodels, 40 trainings", metric), "mean"], 1)
        assert abs(table.loc[("noise", metric), "mean"]) < 0.9
    assert table.loc[("influence, G + λ*I", "pbrf"), "count"] == SEEDS - 1


def test_wrong_labels_and_ceilings():
    table = made()
    assert table.loc[("influence, G + λ*I", "mislabelled"), "mean"] == 1
    assert table.loc[("opposite", "mislabelled"), "mean"] < 0.3
    assert_allclose([table.loc[(CEILING, metric), "mean"] for metric in ("loo", "lds")], 1)


def test_cells_without_a_number_say_why():
    table = made()
    empty = table[table["mean"].isna()]
    assert (empty["missing"] != "").all()
    assert (table.loc[table["mean"].notna(), "missing"] == "").all()
    assert "3 of 3 seeds" in table.loc[("broken", "loo"), "missing"]
    assert "eigenvalue -2" in table.loc[("broken", "mislabelled"), "missing"]
    methods = set(table.index.get_level_values("method")) - {CEILING}
    assert all((method, metric) in table.index for method in methods for metric in METRICS)


def test_every_method_pays_for_its_networks_and_gradients():
    """One training of 0.5 s and gradients of 0.25 s for one network; as many as they need for the others."""
    seconds = made()["mean"].unstack()
    assert_allclose(seconds.loc["opposite", ["training_seconds", "gradient_seconds", "seconds"]], [0.5, 0.25, 1.75])
    names = ["datamodels, 40 trainings", "TRAK, 4 models", "datamodels, 4 trainings"]
    assert_allclose(seconds.loc[names, "seconds"], [29, 4, 4])


def test_draws_of_scores_widen_the_interval_of_the_lds():
    table = made()
    one, draws = ("datamodels, 40 trainings", "lds"), ("datamodels, 4 trainings", "lds")
    assert table.loc[draws, "mean"] == pytest.approx((1 + table.loc[("noise", "lds"), "mean"]) / 2)
    assert table.loc[draws, "half"] > 1 > table.loc[one, "half"]


@pytest.mark.parametrize("repeats", [2, 5, 10])
def test_ceiling_is_the_correlation_of_truth_and_mean(repeats):
    """Signal and noise of known variances: ρ(truth, mean of R) = √(v / (v + σ²/R)); ranks of normals differ by 2 %."""
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((1, 10000))
    noisy = truth + 2 * rng.standard_normal((repeats, 1, 10000))
    found = ceiling(half_correlations(noisy)[0], repeats)
    assert_allclose(found, np.sqrt(1 / (1 + 4 / repeats)), atol=0.03)
