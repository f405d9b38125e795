import numpy as np
import pandas as pd

from influence_lab.evaluations.toy_scoreboard import CEILING, COLUMNS
from influence_lab.figures.toy_scoreboard import GROUPS, cost, group_of, panels

TABLE = pd.DataFrame(
    [
        ("influence, G + λI", "lds", 0.5, 0.1, "seeds", 5, ""),
        ("influence, G + λI", "seconds", 0.1, 0.01, "seeds", 5, ""),
        ("training loss", "lds", np.nan, np.nan, "", 0, "no score for test points"),
        ("training loss", "seconds", 0.001, 0.0, "seeds", 5, ""),
        (CEILING, "lds", 0.9, 0.02, "test points", 60, ""),
    ],
    columns=COLUMNS,
)


def test_every_method_has_a_group():
    assert group_of("TRAK, 350 models") == group_of("datamodels, 3500 trainings") == "many networks"
    assert {group_of(name) for name in ("TRAK, 1 model", "LiSSA", "random")} == {"gradients", "curvature", "baseline"}
    assert group_of("ℓ-RelatIF") in GROUPS


def test_empty_cells_draw_nothing_and_the_ceiling_is_a_line():
    figure = panels("finding", TABLE, {name: name for name in ("lds", "loo", "pbrf", "mislabelled")})
    drawn = [method for trace in figure.data for method in trace.y]
    assert drawn == ["influence, G + λI"]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.9]


def test_cost_draws_methods_that_have_the_measure():
    figure = cost("finding", TABLE, "lds", "LDS")
    assert [text for trace in figure.data for text in trace.text] == ["influence, G + λI"]
