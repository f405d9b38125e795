import numpy as np
import pandas as pd

from influence_lab.evaluations.retraining_bench import (
    ENGINE,
    Contender,
    cost_by_size,
    largest_difference,
    retraining_ratios,
    timings,
)
from tests.models.retraining_cases import TRAINING, small_work


def test_ratios_are_taken_round_by_round():
    seconds = {ENGINE: [1.0, 2.0, 1.0], "loop": [8.0, 18.0, 10.0]}
    table = pd.DataFrame(
        {"contender": name, "repeat": repeat, "models": 3, "seconds": value, "cpu_seconds": 2 * value}
        for name, values in seconds.items()
        for repeat, value in enumerate(values)
    )
    contenders = {ENGINE: Contender(print, 3), "loop": Contender(print, 3, target=9.5)}
    engine, loop = retraining_ratios(table, contenders)
    assert (engine["least"], engine["most"], "target" in engine) == (1.0, 1.0, False)
    assert (loop["times_faster"], loop["least"], loop["most"], loop["reached"]) == (9.0, 8.0, 10.0, False)
    assert (loop["seconds_per_retraining"], loop["cpu_seconds_per_retraining"]) == (10.0, 20.0)
    assert loop["times_less_cpu"] == 9.0


def test_contenders_run_in_turn_on_as_many_models_as_asked_after_one_model_untimed():
    ran = []
    contenders = {
        ENGINE: Contender(lambda work, training: ran.append(("engine", len(work))), 3),
        "loop": Contender(lambda work, training: ran.append(("loop", len(work))), 2),
    }
    table = timings(small_work(), TRAINING, contenders, repeats=2)
    assert ran == [("engine", 1), ("loop", 1)] + 2 * [("engine", 3), ("loop", 2)]
    assert table["models"].tolist() == [3, 2, 3, 2]
    assert (table["seconds"] > 0).all()


def test_the_difference_is_rounding():
    assert largest_difference(small_work(), TRAINING) < 1e-12


def test_cost_covers_every_size():
    table = cost_by_size(small_work(), TRAINING, [10, 50], [(3,), (4, 2)], models=2, loops=1)
    assert len(table) == 8
    assert set(table["network"]) == {"3-1", "4-2-1"}
    assert np.array_equal(table.groupby("network")["parameters"].first(), [13, 25])
