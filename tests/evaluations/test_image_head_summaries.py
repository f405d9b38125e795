import numpy as np
import pandas as pd
import pytest

from influence_lab.evaluations.image_head_summaries import (
    gains_over_undamped,
    influenciae_table,
    models_table,
    rank_table,
    removals_table,
    smallest_share,
)

HEAD = {
    "width": np.array(3),
    "size": np.array(8),
    "used": np.array(8),
    "live": np.array(3),
    "bound": np.array(3),
    "rank": np.array(2),
    "nonzero": np.array(3),
    "rare_units": np.array(1),
    "outside": np.array([0.0, 0.5]),
    "eigenvalues": np.array([[4.0, 2.0, 1.0, 1e-20], [1.0, 1.0, 1.0, 0.0]]),
    "train_accuracy": np.array([0.5, 0.6]),
    "train_loss": np.array([1.0, 0.9]),
}


def removals():
    rows = [
        {"model": model, "kind": kind, "group": group, "filter": kept, "share": share, "correlation": correlation}
        for model, lift in (("a", 0.0), ("b", 0.1))
        for kind in ("single", "random")
        for group in range(2)
        for kept, share, correlation in (
            ("newton", 0.0, 1.0),
            ("cutoff", 1e-14, 0.5 + 0.1 * group),
            ("damping", 1e-2, 0.6 + 0.1 * group + lift),
        )
    ]
    return pd.DataFrame(rows).assign(ratio=0.9, own_ratio=0.8)


def test_models_that_were_not_trained_are_open():
    table = models_table({"CNN, seed 0": HEAD}, {"CNN, seed 0": 0.625}, ["VGG19"])
    assert table["test accuracy"].tolist() == ["62.5%", "open: not trained in this run"]


def test_the_smallest_eigenvalue_above_rounding_is_that_at_the_rank():
    assert smallest_share(HEAD) == 0.25
    (row,) = rank_table({"a": HEAD}, 2).to_dict("records")
    assert (row["silent or redundant features"], row["(K − 1)(d + 1)"], row["rank of H"]) == (1, "4", "3")


def test_gains_are_paired_group_by_group():
    """The correlations differ between groups, their differences do not: the interval has no width."""
    gains = gains_over_undamped(removals(), 1e-14)
    assert gains["model"].tolist() == ["a", "b"]
    assert gains["filter"].tolist() == ["damping"] * 2
    assert gains["mean"].tolist() == pytest.approx([0.1, 0.2])
    assert gains["half"].tolist() == pytest.approx([0.0, 0.0], abs=1e-12)


def test_no_gain_is_found_among_many_where_there_is_none():
    """Some of five gains by chance exclude 0 in at most 5 % of 200 tables ± 5 errors; uncorrected in 23 %."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"group": np.repeat(np.arange(8), 6), "share": np.tile(np.arange(6), 8)}).assign(
        model="a", kind="single", filter="cutoff"
    )
    found = []
    for _ in range(200):
        gains = gains_over_undamped(table.assign(correlation=rng.normal(size=48) * (table["share"] > 0)), 0)
        found.append((gains["mean"].abs() > gains["half"]).any())
    assert np.mean(found) < 0.05 + 5 * np.sqrt(0.05 * 0.95 / 200)


def test_removals_are_shown_by_model_and_kind():
    table = removals()
    shown = removals_table(table[table["filter"] == "cutoff"], table[table["filter"] == "newton"], 7)
    assert shown["taken away"].tolist() == ["one image", "7 random images"] * 2
    assert shown["own losses"].unique().tolist() == ["0.8000 ± 0.0000"]


def test_differences_from_influenciae_are_relative_to_ours():
    found = {"exact": np.full((2, 2), 3.0), "cg": np.ones((2, 2))} | {
        name: np.full((2, 2), 2.0) for name in ("exact_same", "exact_full", "cg_same", "cg_full")
    }
    assert influenciae_table(found)["relative difference"].tolist() == [0.5] * 4
