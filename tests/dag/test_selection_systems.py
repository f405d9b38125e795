"""What the rules of page 13_selection_systems have made at smoke scale."""

import json

import pandas as pd
import pytest
from numpy.testing import assert_allclose

pytestmark = pytest.mark.dag


def evaluated(smoke, name):
    return pd.read_parquet(smoke.path / f"results/evaluations/{name}.parquet")


def test_the_slope_of_a_volume_is_a_derivative(smoke):
    check = evaluated(smoke, "small_ideal_check")
    assert_allclose(check["formula"], check["refits"], rtol=1e-5, atol=1e-6)


def test_each_run_compares_the_same_ways(smoke):
    for name, way in (("small_ideal", "mixture"), ("small_equal", "way"), ("small_infra", "action")):
        ways = evaluated(smoke, name).groupby("seed")[way].unique().map(set)
        assert len(ways) == 2
        assert ways.iloc[0] == ways.iloc[1]


def test_the_agreement_of_scores_has_its_interval(smoke):
    found = json.loads((smoke.path / "results/evaluations/equal_score_agreement.json").read_text())
    parts, prefixes = ("agreement", "low", "high"), ("", "redrawn_", "newton_", "transport_")
    assert found.keys() == {"seeds", *(prefix + part for prefix in prefixes for part in parts)}
    for prefix in prefixes:
        low, mean, high = (found[prefix + part] for part in ("low", "agreement", "high"))
        assert low <= mean <= high
