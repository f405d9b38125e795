import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.data.selection_pool import selection_world
from influence_lab.evaluations.selection_choices import GROUPS, by_sum, by_turns, composition, text_groups
from influence_lab.evaluations.selection_tables import (
    budget_gains,
    chosen_shares,
    curves,
    differences,
    gain,
    gains,
    removal_over_random,
)

SCORES = np.random.default_rng(0).normal(size=(3, 20))


def test_a_sum_is_best_where_effects_add_up():
    """No other set of the size has a larger sum of scores."""
    chosen = list(by_sum(SCORES, 5, seed=0))
    total = SCORES.sum(axis=0)
    assert_allclose(total[chosen].sum(), np.sort(total)[-5:].sum(), rtol=1e-12)


def test_turns_give_every_question_its_best_text():
    assert set(SCORES.argmax(axis=1)) <= set(by_turns(SCORES, 3, seed=0))
    assert by_turns(SCORES[:1], 7, seed=0) == by_sum(SCORES[:1], 7, seed=0)  # one question: the same


def test_turns_do_not_forget_a_question_whose_scores_are_small():
    scores = np.array([[100.0, 90.0, 80.0, 0.0], [0.0, 0.1, 0.2, 1.0]])
    assert by_sum(scores, 2, seed=0) == (0, 1)
    assert by_turns(scores, 2, seed=0) == (0, 3)


def test_more_than_all_is_all_and_ties_do_not_follow_the_order_of_the_texts():
    assert by_turns(SCORES, 99, seed=0) == tuple(range(20))
    assert by_turns(np.zeros((2, 20)), 4, seed=0) != (0, 1, 2, 3)


def test_composition_counts_every_chosen_text_once():
    groups = text_groups(selection_world(0, 3, 1).pool)
    assert set(groups) == set(GROUPS)
    chosen = by_sum(np.random.default_rng(1).random((2, len(groups))), 30, seed=0)
    assert sum(composition(groups, chosen).values()) == 30


def table():
    """Strategy b is better than a by the seed at budget 1 and by twice the seed at budget 2."""
    rows = [
        ("m", name, "turns", budget, seed, 10.0 * seed + (name == "b") * budget * seed, 2.0, budget, 0)
        for name in "ab"
        for budget in (1, 2)
        for seed in (1, 2, 3)
    ]
    columns = ["model", "strategy", "rule", "budget", "seed", "score", "seconds", "carriers", "off"]
    return pd.DataFrame(rows, columns=columns)


def test_differences_are_paired_over_seeds():
    """What seeds have in common goes: means 2 and 4, though scores vary by 10 a seed."""
    found = differences(table(), "m", ("b", "turns"), ("a", "turns"))
    assert_allclose(found.to_numpy(), [[1, 2], [2, 4], [3, 6]])
    mean, half = gain(table(), "m", ("b", "turns"), ("a", "turns"))
    assert_allclose((mean, half), (3.0, 4.302653 * 1.5 / np.sqrt(3)), rtol=1e-6)  # t(0.975, 2)
    row = gains(table(), "m", [("b", "turns")], ("a", "turns")).iloc[0]
    assert (row["mean"], row["seconds"]) == (3.0, 2.0)


def test_many_intervals_at_once_are_wider_about_the_same_mean():
    one, three = (gain(table(), "m", ("b", "turns"), ("a", "turns"), together) for together in (1, 3))
    assert one[0] == three[0]
    assert three[1] > one[1]


def test_budgets_one_by_one_and_what_both_ways_chose():
    """At budget 1 both choose the same text; at budget 2 they share one of two."""
    chosen = {("a", 1): "0", ("b", 1): "0", ("a", 2): "0 1", ("b", 2): "0 10"}
    rows = table()
    rows["texts"] = [chosen[key] for key in zip(rows["strategy"], rows["budget"], strict=True)]
    found = budget_gains(rows, "m", ("b", "turns"), ("a", "turns")).set_index("budget")
    assert found["identical"].tolist() == [1.0, 0.0]
    assert found["shared"].tolist() == [1.0, 0.5]
    assert found["mean"].tolist() == [2.0, 4.0]


def test_curves_and_shares_have_a_row_a_way():
    assert curves(table(), "m").shape == (4, 5)
    assert chosen_shares(table(), "m", 2, ("carriers", "off"))["carriers"].tolist() == [1.0, 1.0]


def test_removal_is_compared_with_the_mean_random_removal_of_the_same_seed():
    rows = [("ekfac", 0, seed, 1.0 + seed) for seed in (0, 1)]
    rows += [("random", draw, seed, seed + draw) for seed in (0, 1) for draw in (0, 1)]
    removals = pd.DataFrame(rows, columns=["strategy", "draw", "seed", "fall"])
    assert removal_over_random(removals, "ekfac") == (0.5, 0.0)
