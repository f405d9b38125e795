import numpy as np
import pandas as pd
import pytest

from influence_lab.attributions.method_costs import of_rules
from influence_lab.data.small_corpus import small_corpus
from influence_lab.evaluations.lm_scoreboard import LARGE, METHODS, Judging, language_table, removal_queries
from influence_lab.evaluations.top_removals import distinct, top_removals
from influence_lab.figures import lm_scoreboard as figures

TEXTS = pd.DataFrame({"carries": ["a", "a", "b", ""], "states_wrong": ["", "", "", "b/mistake"]})
QUERIES = pd.DataFrame({"kind": ["fact", "fact", "mistake_false", "contrast"], "fact": ["a", "b", "b/mistake", ""]})


def scores() -> dict[str, np.ndarray]:
    """EK-FAC finds every fact and mistake; the others are random."""
    rng = np.random.default_rng(0)
    found = {name: rng.random((4, 4)) for name in METHODS}
    found["ekfac"] = np.array([[1.0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    return found


def board(removals=None) -> pd.DataFrame:
    rows = [(name, query, 0.1, 0.1) for name in METHODS for query in (0, 1)]
    patches = pd.DataFrame(rows, columns=["method", "query", "change", "first_order"])
    costs = pd.DataFrame({"method": list(METHODS), "seconds": 1.0, "peak_mb": 2.0})
    return language_table(scores(), TEXTS, QUERIES, patches, costs, removals, Judging(1, 20, 0))


def test_a_method_that_finds_every_text_has_precision_one_on_facts_and_on_mistakes():
    found = board().set_index(["metric", "method"])
    for metric, count in (("precision_carriers", 2), ("mistake_precision_carriers", 1)):
        assert found.loc[(metric, "ekfac"), "value"] == 1.0
        assert found.loc[(metric, "ekfac"), "count"] == count
    several = found[found["count"] > 1]
    assert (several["low"] <= several["high"]).all()
    assert found.loc[found["count"] == 1, "low"].isna().all()
    assert (found["seconds"] == 1.0).all()


def test_refits_add_falls_of_the_queries_that_were_asked():
    base = np.array([-1.0, -2.0, -3.0, -4.0])
    count = len(distinct(top_removals(scores(), [0, 1], 1, 0)))
    removals = {"queries": np.array([0, 1]), "base": base, "outputs": np.stack([base - 0.5] * count)}
    table = board(removals)
    found = table[table["metric"] == "removal"]
    assert set(found["method"]) == set(METHODS)
    assert found["value"].to_numpy() == pytest.approx(0.5)


def test_queries_for_removals_ask_for_the_truth():
    table = small_corpus(seed=0, compounds=8, statements=3, misled=2, properties=2, elements=2, new=3)
    asked = table[table["split"] == "query"].reset_index(drop=True)
    chosen = removal_queries(table, 4)
    assert len(set(chosen)) == 4
    assert (asked.loc[chosen, "kind"] == "answer").all()


def test_costs_of_rules_add_up_over_partitions():
    spent = {
        name: pd.DataFrame({"cpu_time": [2.0], "max_rss": [size]}) for name, size in (("a_0", 1), ("a_1", 3), ("b", 9))
    }
    cost = of_rules(spent, ["a"])
    assert cost.seconds == 4.0
    assert cost.peak_mb == pytest.approx(3 * 2**20 / 1e6)


def test_every_method_is_drawn_once_in_each_panel():
    shown = {("precision_carriers", LARGE): "one", ("reciprocal_rank", LARGE): "two"}
    drawn = figures.panels("title", board(), shown, METHODS)
    names = [name for trace in drawn.data for name in trace.y]
    assert sorted(names) == sorted([*METHODS.values()] * len(shown))
    panel = board().query("metric == 'precision_carriers'")
    cost = figures.costs("title", panel, METHODS, "precision", None)
    assert sum(len(trace.x) for trace in cost.data) == len(METHODS)
