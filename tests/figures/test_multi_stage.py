import numpy as np
import pandas as pd

from influence_lab.figures import multi_stage as figures
from influence_lab.models.convex_stages import CASES

ROWS = [(case, seed, alpha) for case in CASES for seed in range(2) for alpha in (0.1, 1.0)]
TABLE = pd.DataFrame(ROWS, columns=["case", "seed", "alpha"]).assign(
    corrected=lambda rows: 1e-9 * (1 + rows["seed"]), blog=1.0, measured_size=0.5, blog_size=2.0
)


def test_errors_draws_the_worst_seed_of_both_formulas_and_the_tolerance():
    figure = figures.errors("t", TABLE, 1e-6)
    drawn = {trace.name: list(trace.y) for trace in figure.data}
    assert drawn["with −α, softmax regression"] == [2e-9, 2e-9]
    assert len(drawn) == 2 * len(CASES)
    assert figure.layout.shapes[0].y0 == 1e-6


def test_sizes_draws_a_limit_only_where_it_is_not_zero():
    limits = TABLE.assign(size=0.5, survives=np.where(TABLE["case"] == "singular", 0.4, 0.0))
    figure = figures.sizes("t", limits, TABLE)
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [0.4, 1.0]
    assert [trace.name for trace in figure.data].count("trained again") == len(CASES)


def test_against_and_course_draw_what_they_are_given():
    figure = figures.against("t", np.array([0.0, 2.0]), {"formula": np.array([0.0, 1.0])}, ["a", "b"])
    assert list(figure.data[0].x) == [0.0, 2.0]
    assert list(figure.data[1].y) == [0.0, 1.0]
    found = figures.course("t", np.full((3, 2), -1.0), np.array([[-2.0, -4.0]] * 3))
    assert list(found.data[0].y) == [2.0, 2.0, 2.0]
