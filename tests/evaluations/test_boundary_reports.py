import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.evaluations.boundary_reports import caught_table, classes_table, in_order, methods_table
from influence_lab.evaluations.shares import wilson

GROUP = {"model": "cnn", "seed": 0, "class": 0, "draw": 0, "kind": "random", "size": 5}
MEMBERS = {"right": 1.0, "hardest": 1.0, "typical": 0.5, "length": 2.0}
ENDED = {"share_flipped": 1.0, "steps": 3, "seconds": 0.5, "succeeded": True}


def _three(**columns):
    return pd.DataFrame([GROUP | MEMBERS | ENDED | {"method": "network", "draw": draw} for draw in range(3)]).assign(
        **columns
    )


def test_every_class_and_kind_has_its_share_median_score_and_time():
    """Of norms 0.2, 0.4 and a failure the median score is 0.4, whatever the length of the failure's change."""
    random = _three(norm=[0.2, 0.4, 0.1], succeeded=[True, True, False], seconds=[1.0, 2.0, 6.0])
    both = pd.concat([random, random.assign(kind="cluster", succeeded=False)])
    table = classes_table(both, ["cat"], [0])
    assert table["groups"].tolist() == ["3 random", "3 cluster"]
    low, high = wilson(2 / 3, 3)
    assert table["flip"].tolist()[0] == f"67% ({low:.0%} to {high:.0%})"
    assert_allclose(table["score, median"], [0.4, 1.0])
    assert_allclose(table["seconds a group"], 3.0)


def test_methods_are_compared_with_the_least_change_of_the_same_group():
    least = _three(method="least", norm=[1.0, 2.0, np.inf], succeeded=[True, True, False])
    batch = _three(method="batch", norm=[1.5, 6.0, 9.0], succeeded=[True, False, True])[::-1]
    row = methods_table(pd.concat([least, batch])).iloc[0]
    assert (row["failures"], row["‖Δw‖ over the least, median"]) == ("33.3%", "1.50")


def test_a_sequence_shorter_than_the_least_change_is_out_of_order():
    least = _three(method="least", norm=[1.0, 2.0, 3.0])
    sequence = _three(method="sequential", norm=[1.0, 1.9, 3.5])
    assert in_order(pd.concat([least, sequence])) == (2, 3)


def test_what_a_group_catches_is_compared_with_its_share_of_all_images_by_seed_image():
    """Two seed images: 10 % − 5 % and 30 % − 5 %; another boundary, and a change that flipped nothing, do not count."""
    row = {"boundary": "minimal", "group": "cosine", "chance": 0.05}
    rows = [row | {"image": image, "caught": caught} for image, caught in enumerate((0.1, 0.3, np.nan))]
    simple = row | {"image": 0, "caught": 1.0, "boundary": "simple"}
    table = caught_table(pd.DataFrame([*rows, simple]), {"cosine": "cosine influence"})
    caught, chance = table.filter(like="of ").iloc[0].str.split(" ± ").str[0].astype(float)
    assert (caught, chance) == (20.0, 5.0)
    assert table["difference (%)"].iloc[0].startswith("+15.00 ± ")
