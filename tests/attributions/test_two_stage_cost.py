import os

import pandas as pd
import pytest

from influence_lab.attributions.two_stage_cost import Workload, costs, in_a_fork
from influence_lab.evaluations.two_stage_costs import fitted_line, ratios
from influence_lab.models.language_tuning import weights_of
from tests.models.language_cases import cut_model

pytestmark = pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13


def test_both_ways_do_their_parts_and_leave_the_weights_alone():
    tail, layers, data = cut_model()
    weights = weights_of(layers)
    work = Workload(tail, layers, data, data.first(3), data.first(2), weights, weights, alpha=0.1, draws=3)
    table = costs(work, repeats=2)
    parts = {way: set(rows["part"]) for way, rows in table.groupby("way")}
    assert parts["two"] - parts["single"] == parts["draws"] == {"second factors"}
    assert table["decided"].notna().sum() == table["trace"].notna().sum() == 3  # twice with one draw, once with more
    assert table.groupby("way")["repeat"].nunique().to_dict() == {"single": 2, "two": 2, "draws": 1}
    assert (table["seconds"] > 0).all()
    assert (table["peak_mb"] >= table["held_mb"]).all()
    assert len(ratios(table)) == 2
    after = weights_of(layers)
    assert all((after[name] == weights[name]).all() for name in weights)


def test_ratios_are_of_sums_of_seconds_and_largest_memory():
    rows = [
        ("single", 0, "factors", 2.0, 300.0, 100.0),
        ("single", 0, "scores", 1.0, 200.0, 100.0),
        ("two", 0, "factors", 2.0, 300.0, 100.0),
        ("two", 0, "second factors", 3.0, 400.0, 100.0),
        ("two", 0, "scores", 1.0, 500.0, 100.0),
    ]
    table = pd.DataFrame(rows, columns=["way", "repeat", "part", "seconds", "peak_mb", "held_mb"])
    assert ratios(table).iloc[0].to_dict() == pytest.approx(
        {"repeat": 0, "seconds": 2.0, "peak_mb": 5 / 3, "beyond_mb": 2.0}
    )


def test_a_line_through_two_sizes_of_the_second_fit():
    """3 s + 0.5 s a pair: 5 s for 4 pairs, the mean of two repeats, and 9 s for 12."""
    rows = [("two", 4.0), ("two", 6.0), ("draws", 9.0)]
    table = pd.DataFrame(rows, columns=["way", "seconds"]).assign(part="second factors")
    assert fitted_line(table, pairs=4, draws=3) == pytest.approx((3.0, 0.5))


def test_a_fork_gives_its_result_and_is_another_process():
    assert in_a_fork(os.getpid) != os.getpid()


def test_a_fork_that_dies_is_noticed():
    with pytest.raises(EOFError):
        in_a_fork(lambda: os._exit(1))
