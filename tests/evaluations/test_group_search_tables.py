import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from influence_lab.data.toy import toy_data
from influence_lab.evaluations.group_search import cluster_then_other
from influence_lab.evaluations.group_search_tables import (
    damping_outcomes,
    likeness_summary,
    likeness_to_dot_product,
    median_interval,
    paired_gain,
    tuning_summary,
    validation_summary,
)
from influence_lab.evaluations.unequal_discs import trained_networks
from influence_lab.models.retraining_work import Training

QUICK = Training(hidden=(8, 6), epochs=15, learning_rate=0.01)


@pytest.fixture(scope="module")
def world():
    data = toy_data(0, [12, 12], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 24, 0.5, 0.05, 10)
    return data, trained_networks(data, QUICK, 2)


def test_strong_damping_leaves_the_dot_product_and_no_dimension(world):
    """(G + λI)⁻¹ → I/λ: correlations 1 − O(w/λ), effective dimension tr G/λ."""
    _, networks = world
    found = likeness_to_dot_product(networks[0], 1e6)
    assert_allclose([found["raw"], found["cosine"]], 1, atol=1e-5)
    assert found["dimension"] < 1e-4
    assert 0 <= found["second"] <= found["largest"]
    assert likeness_to_dot_product(networks[0], 1e-3)["raw"] < found["raw"]


def test_tables_have_a_row_for_each_damping_and_kind(world):
    data, networks = world
    table = damping_outcomes(data, networks, [0.1, 1.0], cluster_then_other(data, 0, 2, 0))
    assert list(zip(table["λ"], table["influence"], strict=True)) == [
        (0.1, "raw"),
        (0.1, "cosine"),
        (1.0, "raw"),
        (1.0, "cosine"),
    ]
    likeness = likeness_summary({"none": networks, "dropout": networks}, [1e8], 0, 5)
    assert likeness["correlation with g·g, raw"].tolist() == ["1.000 ± 0.000"]
    assert likeness["shared first 5 points, none"].equals(
        likeness["shared first 5 points, dropout"].rename("shared first 5 points, none")
    )


def test_tuning_table_shows_what_is_used_beside_the_best():
    rows = [(draw, "m", name, value) for name, value in {"a": 0.5, "b": 1.0}.items() for draw in range(3)]
    table = tuning_summary(pd.DataFrame(rows, columns=["draw", "method", "variant", "rand"]), {"m": "a"})
    assert table.iloc[0].tolist() == ["m", "a", "0.500 ± 0.000", "1.000", "0.500", 2]


def test_gain_is_paired_and_its_interval_spans_resampled_means():
    """One difference of −0.5 in 24: resampled means are −0.5 k/24, and the 2.5 % quantile of k is 3."""
    scores = pd.DataFrame({"a": np.ones(24), "b": np.ones(24)})
    assert paired_gain(scores, "a", "b") == (0, 0)
    scores.loc[5, "a"] = 0.5
    value, half = paired_gain(scores, "a", "b")
    assert_allclose([value, half], [-0.5 / 24, 2 * 0.5 / 24])


def test_validation_table_counts_draws_by_class_and_keeps_own_regions_apart():
    """Red groups on two draws, a blue one on one draw: no interval there."""
    rows = [("functioning", draw, red, removed, region, 10.0 * (removed == region) + draw)
            for draw, red in ((0, True), (1, True), (1, False)) for removed in (0, 1) for region in (0, 1)]  # fmt: skip
    columns = ["partition", "draw", "red", "removed", "region", "drop"]
    table = validation_summary(pd.DataFrame(rows, columns=columns))
    red, blue = table.iloc[0], table.iloc[3]
    assert (red["draws"], red["own region"]) == (2, "10.50 ± 6.35")  # t of one degree of freedom times 0.5
    assert red["other regions of the class"] == "0.50 ± 6.35"
    assert (blue["class"], blue["draws"], blue["own region"]) == ("blue", 1, "too few draws")
    assert np.all(table.loc[[1, 2, 4, 5], "draws"] == 0)


def test_median_interval_has_the_ranks_of_the_binomial():
    """Of 10 values, ranks 2 and 9: the true median lies outside with 2·(1 + 10)/2¹⁰ = 2.1 %; rank 3 would be 10.9 %."""
    assert median_interval([*range(9), 100]) == (4.5, 3.5)
    assert median_interval([3, 1, 2]) == (2, 1)  # the whole range
