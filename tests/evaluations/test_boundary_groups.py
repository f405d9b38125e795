import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.simple_boundary import simple_boundary
from influence_lab.evaluations.boundary_draws import (
    both_kinds,
    chosen_groups,
    judged_classes,
    nearest_images,
    random_groups,
)
from influence_lab.evaluations.boundary_greedy import first_predicted, greedy, head_scores
from influence_lab.evaluations.boundary_groups import head_table
from influence_lab.evaluations.boundary_summaries import (
    class_difference,
    explained_difference,
    failures_by_limit,
    paired_failures,
    success,
)
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.shares import difference_of_shares
from tests.attributions.boundary_cases import head_case

HEAD, _ = head_case(n=300)
NAMES = ["airplane", "bird", "cat", "truck"]


def test_random_groups_hold_distinct_images_of_their_class():
    groups = random_groups(HEAD.labels, HEAD.classes, 6, 5, 0)
    assert all((HEAD.labels[groups[k]] == k).all() for k in range(HEAD.classes))
    assert all(len(set(group)) == 5 for group in groups.reshape(-1, 5))


def test_a_class_that_is_too_small_is_named():
    with pytest.raises(ValueError, match=r"class 0 has \d+ training images, but a group has 1000: lower `sizes`"):
        random_groups(HEAD.labels, HEAD.classes, 1, 1000, 0)


def test_nearest_images_are_the_nearest_and_begin_with_the_image_itself():
    (found,) = nearest_images(HEAD.features, np.array([7]), 10)
    distances = np.linalg.norm(HEAD.features - HEAD.features[7], axis=1)
    assert found[0] == 7
    assert_allclose(distances[found], np.sort(distances)[:10])


def test_networks_get_the_first_groups_of_the_last_layers_table():
    kinds = both_kinds(HEAD, 4, 6, 0)
    groups = chosen_groups(HEAD, NAMES, [3, 5], 6, 4, each=1, judged=2, seed=0)
    assert len(groups) == 2 * (2 * 1 + 2 * 2 * 2)
    assert all((members == kinds[kind][k, draw, : len(members)]).all() for k, kind, draw, members in groups)
    assert {len(members) for k, _, _, members in groups if k in (1, 2)} == {3}


def test_digits_have_no_airplanes():
    assert judged_classes(NAMES) == (0, 3)
    assert judged_classes([str(digit) for digit in range(10)]) == (0, 9)


def test_all_methods_see_the_same_groups_and_singles_agree():
    table = head_table(HEAD, [1, 3], 4, 0, rate=0.02, steps=50, norm=1.0, passes=2000)
    assert table.groupby("method").size().nunique() == 1
    single = table[table["size"] == 1].set_index(["class", "kind", "draw"])
    for method in ("batch", "remaining", "sequential", "least"):
        norms = single[single["method"] == method]["norm"]
        assert_allclose(norms, single[single["method"] == "sequential"]["hardest"], rtol=1e-6)
    excess, _ = paired_failures(table[table["size"] == 3], "batch", "sequential")
    failed = 1 - table[table["size"] == 3].groupby("method")["succeeded"].mean()
    assert_allclose(excess, failed["batch"] - failed["sequential"])


def test_what_the_members_explain_is_not_left_for_the_class():
    """Success that follows from the members alone leaves nothing between two classes, up to its interval."""
    rng = np.random.default_rng(0)
    rows = 2000
    table = pd.DataFrame(
        {
            "class": rng.integers(0, 6, rows),
            "kind": rng.choice(["random", "cluster"], rows),
            "draw": np.arange(rows),
            "size": 5,
            "hardest": rng.random(rows),
            "typical": rng.random(rows),
            "length": rng.random(rows),
        }
    )
    table["right"] = np.clip(0.1 * table["class"] + 0.5 * rng.random(rows), 0, 1)
    table["succeeded"] = rng.random(rows) < 1 / (1 + np.exp(-6 * (table["right"] - 0.5)))
    found = explained_difference(table, 5, 0)
    assert_allclose(found["observed"][0], class_difference(table, 5, 0)[0])
    assert found["observed"][0] - found["observed"][1] > 0
    assert abs(found["left"][0]) < 1.5 * found["left"][1]


def test_nested_sizes_and_kinds_of_one_draw_are_no_further_evidence():
    """Four copies of every draw leave the difference of two classes and its interval as they are."""
    rng = np.random.default_rng(1)
    one = pd.DataFrame({"class": np.repeat([0, 1], 20), "draw": np.tile(np.arange(20), 2), "size": 5})
    one["succeeded"] = rng.random(40) < 0.3 + 0.4 * one["class"]
    assert_allclose(class_difference(pd.concat([one] * 4), 1, 0), class_difference(one, 1, 0), rtol=1e-12)


def test_classes_that_always_end_alike_still_have_an_interval():
    table = pd.DataFrame({"class": np.repeat([0, 1], 20), "draw": np.tile(np.arange(20), 2), "succeeded": True})
    assert class_difference(table, 1, 0) == difference_of_shares([1] * 20, [1] * 20)
    assert class_difference(table, 1, 0)[1] > 0


def test_one_class_that_always_ends_alike_does_not_count_as_certain():
    """Its Wilson interval is not empty: at least Newcombe's half-width, and never less than that of the means."""
    ends = np.concatenate([np.ones(20), np.arange(20) % 2])
    table = pd.DataFrame({"class": np.repeat([0, 1], 20), "draw": np.tile(np.arange(20), 2), "succeeded": ends})
    difference, half = class_difference(table, 0, 1)
    assert difference == 0.5
    assert half == max(difference_of_shares(ends[:20], ends[20:])[1], mean_interval(ends[20:])[1])
    assert half > mean_interval(ends[20:])[1]


def test_failures_that_all_differ_alike_still_have_an_interval():
    draws = {"class": 0, "draw": np.arange(10)}
    table = pd.concat([pd.DataFrame(draws | {"method": name, "succeeded": name == "b"}) for name in "ab"])
    assert paired_failures(table, "a", "b") == difference_of_shares([1] * 10, [0] * 10)
    assert paired_failures(table, "a", "b")[1] > 0


def test_a_smaller_limit_of_passes_fails_where_a_run_with_it_fails():
    arguments = {"sizes": [5], "draws": 5, "seed": 0, "rate": 0.02, "steps": 5, "norm": 1.0}
    long, short = (head_table(HEAD, passes=passes, **arguments).query("method == 'sequential'") for passes in (3000, 4))
    found = failures_by_limit(long, [4, 3000]).set_index("limit")["mean"]
    assert_allclose(found[4], 1 - short["succeeded"].mean())
    assert 0 <= found[3000] < found[4]


def test_the_greedy_search_takes_the_easiest_and_draws_where_all_fail():
    candidates = np.arange(30)
    easy = greedy(lambda members, open_: open_ / 100, 4, candidates, 5, 0)
    assert easy.members.tolist() == [4, 0, 1, 2, 3]
    assert (easy.ties == 1).all()
    failing = [greedy(lambda members, open_: np.ones(len(open_)), 4, candidates, 5, seed) for seed in range(2)]
    assert (failing[0].ties == [29, 28, 27, 26]).all()
    assert failing[0].members.tolist() != failing[1].members.tolist()


def test_an_image_that_joined_by_chance_stays_in_the_group_that_later_steps_score():
    """All candidates fail at the second step; the third scores groups with the seed, the first choice and the draw."""
    seen = []

    def scores(members, open_):
        seen.append(members.tolist())
        return np.ones(len(open_)) if len(members) == 2 else open_ / 100

    found = greedy(scores, 4, np.arange(30), 4, 0)
    assert found.ties.tolist() == [1, 28, 1]
    assert seen == [found.members[:count].tolist() for count in (1, 2, 3)]
    assert found.score[1] == 1 > found.score[2]


def test_a_seed_image_that_is_not_as_asked_says_so():
    right = np.flatnonzero(HEAD.predictions == HEAD.labels)
    wrong = np.flatnonzero(HEAD.predictions != HEAD.labels)
    assert first_predicted(HEAD, np.array([wrong[0], right[0]]), right=True) == (right[0], True)
    assert first_predicted(HEAD, np.array([right[0], wrong[0]]), right=False) == (wrong[0], True)
    assert first_predicted(HEAD, right, right=False) == (right[0], False)


def test_scores_of_candidates_are_those_of_their_groups():
    scores = head_scores(HEAD, 0.02, 50, 1.0)(np.array([0, 1]), np.array([5, 9]))
    groups = np.array([[0, 1, 5], [0, 1, 9]])
    expected = simple_boundary(HEAD.features[groups], HEAD.logits[groups], HEAD.labels[groups], 0.02, 50, 1.0).score
    assert_allclose(scores, expected, rtol=1e-4)  # single precision in the search


def test_the_interval_of_failures_mirrors_that_of_success():
    table = pd.DataFrame({"class": 0, "draw": np.arange(10), "method": "a", "succeeded": np.arange(10) < 8})
    flipped = success(table, ["method"]).iloc[0]
    failed = success(table.assign(failed=~table["succeeded"]), ["method"], "failed").iloc[0]
    assert_allclose([failed["mean"], failed["low"], failed["high"]], [0.2, 1 - flipped["high"], 1 - flipped["low"]])
