import pandas as pd

from influence_lab.figures.descriptions import describe


def test_turning_points_are_told():
    """A curve that falls and rises again is never called falling."""
    table = pd.DataFrame({"step": [0, 300, 1000], "mean": [0.5, 0.0108, 0.0194]})
    assert describe({"a": table, "b": table.iloc[:1]}, "Two curves") == (
        "Two curves. a: from 0.5 at 0 falling to 0.011 at 300, rising to 0.019 at 1000; b: from 0.5 at 0."
    )


def test_level_and_falling_stretches_are_told_apart():
    table = pd.DataFrame({"x": [1, 2, 3, 4], "mean": [2.0, 2.0, 1.0, 0.5]})
    assert describe({"a": table}, "A curve") == "A curve. a: from 2 at 1 staying at 2 at 2, falling to 0.5 at 4."
