import numpy as np
import pandas as pd
import pytest

from influence_lab.evaluations.group_drawings import drawn_partitions
from influence_lab.evaluations.group_recovery import partition_by_inequality, recovery
from influence_lab.evaluations.group_tuning import chosen_variants, rule_variant, tuning
from influence_lab.evaluations.group_validation import validation
from influence_lab.evaluations.unequal_discs import DISCS, JUDGING_SEED, TUNING_SEED, unequal_discs
from influence_lab.models.retraining_work import Training

QUICK = Training(hidden=(8, 6), epochs=15, learning_rate=0.01)


@pytest.mark.parametrize("seed", [TUNING_SEED, *range(JUDGING_SEED, JUDGING_SEED + 4)])
def test_draws_have_two_to_five_unequal_discs_apart_from_each_other(seed):
    data = unequal_discs(seed)
    cluster, X = data["cluster_train"], data["X_train"]
    sizes = np.bincount(cluster[cluster >= 0])
    assert len(sizes) == DISCS[seed % 4]
    assert ((sizes >= 30) & (sizes <= 120)).all()
    assert sizes.sum() == (cluster < 0).sum()
    red = np.flatnonzero(cluster >= 0)
    distance = np.linalg.norm(X[red][:, None] - X[red], axis=2)
    assert distance[cluster[red][:, None] != cluster[red]].min() >= 0.2


def test_more_test_points_leave_the_training_points_as_they_are():
    few, many = unequal_discs(3), unequal_discs(3, test_points=50)
    assert (few["X_train"] == many["X_train"]).all()
    assert len(many["X_test"]) == 50


def test_tuning_scores_each_variant_on_each_draw_and_the_best_by_mean_is_chosen():
    table = tuning(QUICK, draws=1, networks=1, dampings=[0.01, 0.1], damping=0.1, neighbours=10)
    assert set(table.loc[table["method"] == "rule", "variant"]) == {
        rule_variant(*pair) for pair in ((0.01, 10), (0.1, 5), (0.1, 10), (0.1, 20))
    }
    assert table.groupby(["method", "variant"]).size().eq(1).all()
    assert set(chosen_variants(table)) == set(table["method"])
    scores = [(draw, "m", name, value) for name, pair in {"a": (1, 0), "b": (0.5, 1), "c": (1, 0.5)}.items()
              for draw, value in enumerate(pair)]  # fmt: skip
    assert chosen_variants(pd.DataFrame(scores, columns=["draw", "method", "variant", "rand"])) == {"m": "b"}


VARIANTS = {
    f"{method}, {place}": variant
    for method, variant in {
        "k-means": "silhouette",
        "spectral": "10 neighbours, largest ratio",
        "mutual neighbours": "10 neighbours",
    }.items()
    for place in ("coordinates", "influence")
}


def test_recovery_has_one_row_a_draw_and_method_and_repeats_itself():
    table = recovery(QUICK, VARIANTS, draws=2, networks=1, damping=0.1, neighbours=8)
    assert table.groupby("draw").size().tolist() == [13, 13]
    assert table["rand"].between(-1, 1).all()
    assert table.loc[table["method"] == "spectral, influence, true k", "groups"].tolist() == [2, 3]
    again = recovery(QUICK, VARIANTS, draws=1, networks=1, damping=0.1, neighbours=8)
    assert table[table["draw"] == 0].reset_index(drop=True).equals(again)


def test_inequality_parts_orthogonal_groups():
    """Of unit length, m of one direction: 2m + 1 > m raises; another direction: 1 < m does not."""
    features = np.repeat(np.eye(3), [5, 4, 3], axis=0)
    group = partition_by_inequality(features)
    assert [len(np.unique(group[part])) for part in (slice(0, 5), slice(5, 9), slice(9, 12))] == [1, 1, 1]
    assert len(np.unique(group)) == 3


def test_validation_takes_every_red_group_away_once_a_seed_and_compares_with_as_many_points():
    table = validation(QUICK, draws=1, seeds=2, controls=1, networks=2, damping=0.1, neighbours=10)
    assert (table.groupby(["partition", "removed", "region"])["seed"].nunique() == 2).all()
    sizes = table.groupby("partition").size()
    assert sizes["random"] == sizes["functioning"]  # one control a group
    red = table[table["red"] & (table["partition"] == "k-means")]
    own = red["removed"] == red["region"]
    assert red.loc[own, "drop"].mean() > red.loc[~own, "drop"].mean()  # a disc without its points is given to blue


def test_drawn_partitions_cover_all_points_without_mixing_classes():
    drawn = drawn_partitions(QUICK, networks=1, damping=0.1, neighbours=8)
    for count in DISCS:
        group, y = drawn[f"group_{count}"], drawn[f"y_{count}"]
        assert all(len(np.unique(y[group == one])) == 1 for one in range(group.max() + 1))
        assert set(group) == set(range(group.max() + 1))
