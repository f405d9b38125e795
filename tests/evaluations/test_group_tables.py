from types import SimpleNamespace

import numpy as np
import pandas as pd

from influence_lab.evaluations.group_removals import ORDERS
from influence_lab.evaluations.group_tables import (
    CEILING,
    RETRAINING,
    damping_summary,
    error_summary,
    gain_summary,
    locality_summary,
    ordering_summary,
    overlap_summary,
    rank_curves,
    training_summary,
    turning_summary,
)
from influence_lab.evaluations.intervals import mean_interval


def test_gains_are_paired_over_seeds_and_averaged_over_shares():
    """First order scatters over seeds by ±1, and the gain is 0.1 for each."""
    rows = [
        (seed, share, method, 0.01, seed + 0.1 * (method == "pairwise") + share, 0.0)
        for seed in (0, 1, 2)
        for share in (-0.5, 0.5)
        for method in ("first", "pairwise")
    ]
    table = gain_summary(pd.DataFrame(rows, columns=["seed", "share", "method", "damping", "own", "others"]))
    assert table["gain"].tolist() == ["+0.100 ± 0.000"]
    assert table["first order"].tolist() == ["1.000 ± 2.484"]  # t of two degrees of freedom over the root of 3


def test_the_sweep_compares_dropout_with_the_penalties_seed_by_seed():
    rows = [
        ("last", 0.1, name, seed, 0.9, seed + worth)
        for seed in (0, 1)
        for name, worth in {"none": 0.0, "l1": 0.1, "l2": 0.2, "dropout": 0.5}.items()
    ]
    columns = ["layers", "damping", "regularisation", "seed", "boundary_spearman", "cluster_share"]
    row = damping_summary(pd.DataFrame(rows, columns=columns)).iloc[0]
    assert (row["minus L1"], row["minus L2"]) == ("+0.40 ± 0.00", "+0.30 ± 0.00")
    assert row["Spearman(K(x, x), −|f|)"] == "0.9000 ± 0.0000"


def test_locality_names_the_dampings_at_which_both_penalties_are_exceeded():
    """At λ = 0.1 by 0.3 for every seed; at λ = 1 by a gain that changes sign; all layers: nowhere."""
    rows = [
        (
            layers,
            damping,
            name,
            seed,
            0.9,
            0.3 * (name == "dropout") * (layers == "last") * (1 if damping < 1 else seed),
        )
        for layers in ("last", "all")
        for damping in (0.1, 1.0)
        for seed in (-1, 1)
        for name in ("none", "l1", "l2", "dropout")
    ]
    columns = ["layers", "damping", "regularisation", "seed", "boundary_spearman", "cluster_share"]
    text = locality_summary(pd.DataFrame(rows, columns=columns))
    assert "at λ = 0.1 in the last layer" in text
    assert "at no λ with all layers" in text


def test_turns_stand_in_brackets_where_there_are_any():
    rows = [(0.1, "left", "any", 0.5, 0.1, 9.0), (1.0, "left", "any", 0.5, 0.1, float("inf"))]
    table = turning_summary(pd.DataFrame(rows, columns=["damping", "first", "second", "value", "half", "turns"]))
    assert table["left cluster − any class"].tolist() == ["+0.50 ± 0.10 (9.0)", "+0.50 ± 0.10"]


def test_curves_keep_methods_dampings_and_bounds_apart():
    rows = [
        (seed, 0.5, method, damping, value, value + 0.25)
        for seed in (0, 1)
        for method, damping, value in (("first", 0.1, 0.5), ("first", 1.0, 0.0), ("pairwise", 0.1, 0.25),
                                       ("retraining", 0.0, 0.5), ("ceiling", 0.0, 0.75))
    ]  # fmt: skip
    found = rank_curves(pd.DataFrame(rows, columns=["seed", "share", "method", "damping", "own", "others"]), 0.1)
    assert {text: table["mean"].tolist() for text, table in found.items()} == {
        "first order, own seed": [0.5],
        "first order, other seeds": [0.75],
        f"{ORDERS['pairwise']}, own seed": [0.25],
        f"{ORDERS['pairwise']}, other seeds": [0.5],
        RETRAINING: [0.75],
        CEILING: [1.0],
    }
    assert all(table["share"].tolist() == [50.0] for table in found.values())


def test_ceiling_has_the_jackknife_s_interval():
    """Means of all but one of x: the jackknife's standard error is that of the mean, σ/√k, not (k − 1) times less."""
    x = np.array([1.0, 2, 4, 9])
    rows = [(s, 0.5, "ceiling", 0.0, np.nan, np.delete(x, s).mean()) for s in range(4)]
    rows += [(s, 0.5, name, 0.1, 0.0, 0.0) for s in range(4) for name in ("first", "pairwise", "retraining")]
    table = rank_curves(pd.DataFrame(rows, columns=["seed", "share", "method", "damping", "own", "others"]), 0.1)
    np.testing.assert_allclose(table[CEILING]["half"], mean_interval(x)[1])


def test_trainings_are_summed_up_by_accuracy_and_size_of_the_logits():
    X, y = np.array([[-1.0], [1.0], [2.0]]), np.array([0.0, 1.0, 0.0])
    networks = {"none": [SimpleNamespace(X=X[:2], logits=lambda x, c=c: c * x[:, 0]) for c in (1.0, 3.0)]}
    (accuracy, _), (size, half) = training_summary(networks, X, y)["none"]
    assert (accuracy, size) == (2 / 3, 2)
    np.testing.assert_allclose(half, 12.706, rtol=1e-4)  # t of one degree of freedom times 1


def test_overlaps_leave_out_the_pairs_of_one_seed():
    between = np.full((4, 3, 4, 3), 0.25)
    for seed in range(3):
        between[:, seed, :, seed] = 1.0
    table = overlap_summary(between)
    assert table["training"].tolist() == ["none", "L1", "L2", "dropout"]
    assert (table.drop(columns="training") == 0.25).all(axis=None)


def test_orderings_stand_beside_each_other():
    one = pd.DataFrame({"value": [0.5, -0.25], "half": [0.1, 0.2]})
    table = ordering_summary([7], [one], [("left", "any")])
    assert table.to_dict("list") == {
        "points": [7, "mean"],
        "left cluster − any class": ["+0.50 ± 0.10", "-0.25 ± 0.20"],
    }


def test_errors_count_each_group_once_though_it_has_several_targets():
    rows = [
        {
            "share": 0.1,
            "group": group,
            "target": target,
            "error_first": group,
            "error_pairwise": 0.0,
            "error_third": 0.0,
        }
        for group in (1.0, 3.0)
        for target in ("own", "test")
    ]
    assert error_summary(pd.DataFrame(rows))["first order"].tolist() == ["2.000 ± 12.706"]
