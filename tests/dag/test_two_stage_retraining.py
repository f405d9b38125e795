"""Two real stages of training of the small GPT in the smoke run, and the scores that are judged by them."""

import numpy as np
import pytest

from influence_lab.artifacts import read_arrays, read_facts, read_table

pytestmark = pytest.mark.dag


def test_every_method_scores_every_text_for_every_question(smoke):
    results = smoke.path / "results"
    asked = read_table(results / "data/small_questions.parquet")["split"].eq("query").sum()
    texts = read_table(results / "data/small_corpus.parquet")["split"].eq("train").sum()
    scores = read_arrays(results / "attributions/two_stage_scores_0.npz")
    assert all(found.shape == (asked, texts) and np.isfinite(found).all() for found in scores.values())
    assert {name.partition(".")[0] for name in scores if "." in name} == {"ekfac", "newton"}


def test_the_gain_of_claim_a23_is_that_of_the_board(smoke):
    results = smoke.path / "results/evaluations"
    gain, table = read_facts(results / "two_stage_gain.json"), read_table(results / "two_stage_board.parquet")
    single = table.query("metric == 'lds' and curvature == 'newton' and method == 'single_tuned'").iloc[0]
    assert gain["low"] <= gain["gain"] <= gain["high"]
    assert np.isclose(gain["gain"], single["difference"])
    assert np.isclose(gain["gain"], np.mean(gain["by_seed"]))
    assert len(gain["by_seed"]) == gain["seeds"]


def test_a_strong_proximity_holds_the_parameters_back(smoke):
    sweep = read_table(smoke.path / "results/evaluations/two_stage_sweep.parquet")
    near = sweep[(sweep["alpha"] > 0) & (sweep["curvature"] == "newton")].groupby("alpha")[["distance"]].mean()
    assert (near["distance"].diff().dropna() < 0).all()
    assert sweep["survives"].dropna().between(0, 1.01).all()  # conjugate gradient ends at a residual of 0.01
    counts = sweep.groupby(["start", "alpha", "steps", "formula_alpha", "curvature"]).size()
    assert counts.nunique() == 1
