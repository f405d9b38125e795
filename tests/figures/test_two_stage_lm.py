import numpy as np
import pandas as pd
import pytest

from influence_lab.evaluations.two_stage_tracing import FULL, agreement, tracing_table
from influence_lab.figures.two_stage_lm import agreements, cost_bars, precision

NAMES = {FULL: "both inverses", "dot": "dot product"}


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=(4, 10)) for name in NAMES}


def test_each_variant_is_a_dot_with_its_interval(scores):
    relevant = np.eye(4, 10, dtype=bool)
    table = tracing_table(scores, relevant, 2, 20, 0)
    figure = precision("found", table, {"precision_k": "k", "reciprocal_rank": "rank"}, NAMES, 0.1)
    first = table[table["metric"] == "precision_k"].set_index("variant").loc[list(NAMES)]
    np.testing.assert_allclose(figure.data[0].x, first["value"])
    np.testing.assert_allclose(figure.data[0].error_x.array, first["high"] - first["value"])
    assert list(figure.data[0].y) == list(NAMES.values())
    assert len(figure.layout.shapes) == 1  # chance, where the metric is a precision


def test_agreements_are_the_numbers_of_the_table(scores):
    table = agreement(scores)
    np.testing.assert_allclose(agreements("alike", table, NAMES).data[0].z, table.to_numpy())


def test_parts_that_a_way_does_not_have_are_nothing():
    rows = [("single", "factors", 2.0), ("two", "factors", 2.0), ("two", "second factors", 3.0)]
    table = pd.DataFrame(rows, columns=["way", "part", "seconds"])
    parts = {"factors": "first fit", "second factors": "second fit"}
    figure = cost_bars("costs", table, {"single": "one", "two": "two"}, parts)
    assert {bar.name: list(bar.y) for bar in figure.data} == {"first fit": [2.0, 2.0], "second fit": [0.0, 3.0]}
