import numpy as np
import pandas as pd
import pytest

from influence_lab.evaluations.language_selection import (
    STRATEGIES,
    SelectionError,
    choices,
    rows,
    seconds_with_training,
    text_groups,
    tuned_answers,
)
from influence_lab.evaluations.selection_choices import GROUPS, NOTHING, POOL
from influence_lab.models.retraining_store import OtherWorkError

RNG = np.random.default_rng(0)
SCORES = {name: RNG.normal(size=(6, 12)) for name in STRATEGIES}
CHOSEN = choices(SCORES, seeds=3, targets=2, budgets=[2, 4])
TEXTS = pd.DataFrame(
    {"compound": ["a", "a", "b", ""] * 3, "carries": ["a", "", "b", ""] * 3, "states_wrong": ["", "a", "", ""] * 3}
)


def found(facts=6):
    return {"scored": np.arange(facts, dtype=float), "right": np.ones(facts, dtype=bool)}


def found_of(choice):
    return {name: values[list(choice.targets)] for name, values in found().items()}


def test_seeds_ask_about_different_facts_and_every_strategy_has_every_budget():
    assert len(CHOSEN) == 3 * 2 * len(STRATEGIES)
    asked = {choice.seed: choice.targets for choice in CHOSEN}
    assert sorted(fact for targets in asked.values() for fact in targets) == list(range(6))
    assert {len(choice.texts) for choice in CHOSEN} == {2, 4}
    with pytest.raises(SelectionError, match="need 8 facts, there are 6"):
        choices(SCORES, 4, 2, [1])
    with pytest.raises(SelectionError, match="13 of 12 texts"):
        choices(SCORES, 1, 1, [13])


def test_each_target_names_its_best_text_and_random_does_not_look():
    for choice in CHOSEN:
        if choice.strategy != "random":
            best = {int(SCORES[choice.strategy][fact].argmax()) for fact in choice.targets}
            assert best <= set(choice.texts)
    other = choices({name: -scores for name, scores in SCORES.items()}, 3, 2, [2, 4])
    same = [one.texts == two.texts for one, two in zip(CHOSEN, other, strict=True) if one.strategy == "random"]
    assert all(same)


def test_a_killed_run_goes_on_and_other_work_is_refused(tmp_path):
    calls = []

    def tune(choice):
        if len(calls) == 4:
            raise KeyboardInterrupt
        calls.append(choice)
        return found()

    with pytest.raises(KeyboardInterrupt):
        tuned_answers(CHOSEN, tune, tmp_path / "a", {"epochs": 1})
    done, calls = list(calls), []
    tuned_answers(CHOSEN[:0], tune, tmp_path / "b", {})
    again = tuned_answers(CHOSEN, lambda choice: calls.append(choice) or found(), tmp_path / "a", {"epochs": 1})
    work = list(dict.fromkeys((choice.seed, choice.texts) for choice in CHOSEN))
    assert [(choice.seed, choice.texts) for choice in [*done, *calls]] == work  # each once
    assert len(again) == len(CHOSEN)
    with pytest.raises(OtherWorkError, match="epochs"):
        tuned_answers(CHOSEN, tune, tmp_path / "a", {"epochs": 2})


def test_rows_score_the_targets_of_the_seed_alone():
    table = rows(
        CHOSEN, [found_of(choice) for choice in CHOSEN], found(), found(), TEXTS, list("abcdef"), {"bm25": 1.5}
    )
    for choice, row in zip(CHOSEN, table[table["rule"] == "turns"].itertuples(), strict=True):
        assert row.score == np.mean(choice.targets)
        assert row.seconds == (1.5 if choice.strategy == "bm25" else 0.0)
    assert (table[list(GROUPS)].sum(axis=1) == table["budget"]).all()
    assert (table["strategy"] == NOTHING).sum() == (table["strategy"] == POOL).sum() == 3


def test_training_on_all_candidates_counts_for_those_that_need_it():
    costs = pd.DataFrame({"method": STRATEGIES, "seconds": [0.0, 1.0, 2.0, 3.0, 4.0]})
    assert list(seconds_with_training(costs, 10.0).values()) == [0.0, 1.0, 2.0, 13.0, 14.0]


def test_groups_follow_what_a_text_states():
    assert text_groups(TEXTS, ["a"]).tolist()[:4] == ["carriers", "wrong", "off", "off"]
    assert text_groups(TEXTS, ["a", "b"]).tolist()[:4] == ["carriers", "wrong", "carriers", "off"]
