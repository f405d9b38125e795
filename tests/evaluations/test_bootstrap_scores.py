import numpy as np
import pytest

from influence_lab.evaluations.bootstrap_scores import over_subsets_and_queries, query_interval
from influence_lab.evaluations.lds import linear_datamodeling_score
from influence_lab.evaluations.lm_rows import query_rows, rows

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=(6, 10))
MASKS = (RNG.random((40, 10)) < 0.5).astype(float)
OUTPUTS = MASKS @ SCORES.T + RNG.normal(size=(40, 6))


def test_the_first_sample_is_the_score_itself():
    found = over_subsets_and_queries(OUTPUTS, MASKS, {"a": SCORES}, 10, 0)["a"]
    assert found[0] == pytest.approx(linear_datamodeling_score(OUTPUTS, MASKS, SCORES).mean())


def test_methods_with_the_same_order_differ_by_exactly_nothing():
    """The same samples for both: a difference of 0 has the interval from 0 to 0, whatever the spread of each."""
    samples = over_subsets_and_queries(OUTPUTS, MASKS, {"ekfac": SCORES, "b": 3 * SCORES}, 30, 0)
    table = rows(samples, "lds", "m", "", 6).set_index("method")
    differences = table.loc["b", ["difference", "difference_low", "difference_high"]].astype(float)
    assert np.abs(differences).max() < 1e-12
    assert table.loc["b", "high"] - table.loc["b", "low"] > 0.01


@pytest.mark.parametrize("queries", [2, 5, 40])
def test_intervals_over_queries_hold_the_mean_of_normal_queries_about_95_times_in_100(queries):
    """400 repetitions: 3 standard errors are 0.033, and percentile intervals of 40 values are a little short."""
    held = 0
    for seed in range(400):
        values = np.random.default_rng(seed).normal(size=queries)
        _, low, high = query_interval(values, 400, seed)
        held += low <= 0 <= high
    assert 0.90 <= held / 400 <= 0.99


@pytest.mark.parametrize("queries", [5, 40])
def test_a_constant_lead_has_an_interval_of_no_width_however_the_queries_spread(queries):
    values = np.random.default_rng(0).normal(size=queries)
    table = query_rows({"ekfac": values, "b": values + 0.5}, "loo", "m", 50, 0).set_index("method")
    differences = table.loc["b", ["difference", "difference_low", "difference_high"]].astype(float)
    assert differences.to_numpy() == pytest.approx(0.5)
    assert table.loc["b", "high"] - table.loc["b", "low"] > 0.1
    assert (table["count"] == queries).all()


def test_one_query_has_a_value_and_no_interval():
    table = query_rows({"ekfac": np.array([0.25]), "b": np.array([0.75])}, "loo", "m", 50, 0).set_index("method")
    assert table.loc["b", ["value", "difference"]].tolist() == [0.75, 0.5]
    assert table.loc["b", ["low", "high", "difference_low", "difference_high"]].isna().all()
