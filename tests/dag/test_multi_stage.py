"""The numbers of page 12_multi_stage at smoke scale."""

import json

import numpy as np
import pytest

from influence_lab.artifacts import read_arrays, read_table

pytestmark = pytest.mark.dag


def test_the_corrected_formula_holds_over_nine_decades_and_the_blogs_does_not(smoke):
    table = read_table(smoke.path / "results/evaluations/multi_stage_convex.parquet")
    assert table["alpha"].agg(["min", "max"]).tolist() == [1e-3, 1e6]
    assert table["corrected"].max() <= 1e-6
    assert table["blog"].min() > 0.99


def test_quadratic_stages_are_exact(smoke):
    table = read_table(smoke.path / "results/evaluations/multi_stage_quadratic.parquet")
    assert set(table["stages"]) == {2, 3}
    assert table["error"].max() <= 1e-12


def test_three_stages_agree_with_training_them_again_and_need_the_reference(smoke):
    found = read_arrays(smoke.path / "results/evaluations/multi_stage_gpt.npz")
    for name in ("one", "two", "three"):
        difference = np.linalg.norm(found[name] - found[f"{name}_measured"])
        assert difference <= 1e-5 * np.linalg.norm(found[f"{name}_measured"])
    assert np.linalg.norm(found["three_without"] - found["three"]) > 1e-3 * np.linalg.norm(found["three"])
    assert (found["least"] > 0).all()


def test_the_verdict_is_that_the_formula_is_corrected_unless_the_gain_is_in_doubt(smoke):
    claim = next(one for one in json.loads((smoke.path / "results/claims.json").read_text()) if one["id"] == "A23")
    assert claim["verdict"] in ("corrected", "undecided", "refuted")
    assert claim["verdict"] != "refuted" or claim["deciding"] == "gain_over_single_stage"
