import numpy as np
import pandas as pd
import pytest

from influence_lab.data.near_duplicates import Pairs
from influence_lab.figures import near_duplicates as figures

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)


def test_curves_count_pairs_above_each_level_and_scale_decoys():
    figure = figures.threshold_curve("title", np.array([0.5, 0.7, 0.9]), np.array([0.6]), 2.5, 0.58)
    real, decoy = figure.data
    at = dict(zip(real.x.tolist(), real.y.tolist(), strict=True))
    assert (at[0.5], at[0.6], at[0.9]) == (3, 2, 1)
    assert dict(zip(decoy.x.tolist(), decoy.y.tolist(), strict=True)) == dict.fromkeys(decoy.x.tolist(), 2.5)
    assert max(decoy.x) == 0.6


@pytest.mark.parametrize("count", [1, 3, 7])
def test_every_pair_is_shown_with_its_text_above_and_below(count):
    rows = np.arange(count)
    pairs = Pairs(rows, rows + 10, rows % 2 == 0, rows, rows)
    figure = figures.pair_sheet("title", IMAGES, pairs, [f"pair {k}" for k in rows], columns=3)
    texts = list(figure.data[0].text)
    assert all(texts.count(f"pair {k}") == 2 for k in rows)


def test_every_group_has_its_sheet():
    groups = {name: np.arange(8) for name in ("a", "b", "c")}
    figure = figures.group_sheets("title", IMAGES, groups, {name: ["text"] * 8 for name in groups})
    assert len(figure.layout.images) == 3
    assert [note.text for note in figure.layout.annotations] == ["a", "b", "c"]


def test_methods_without_a_run_are_left_out_of_it():
    table = pd.DataFrame(
        [("none", 0, "pixel_l2", 0.2, 0.1), ("cnn", 0, "cosine", 0.9, 0.1)],
        columns=["model", "seed", "method", "mean", "half"],
    )
    figure = figures.recalls(
        "title", table, {"cosine": "cosine", "pixel_l2": "pixels"}, {("none", 0): "no model", ("cnn", 0): "CNN"}
    )
    assert [list(trace.x) for trace in figure.data] == [[0.2], [0.9]]


def test_places_are_one_more_than_the_images_before():
    table = pd.DataFrame({"longer": [0.5], "before": [3], "cosine": [0.9], "query": [1], "duplicate": [2]})
    assert figures.overtaken("title", table, depth=25).data[0].y.tolist() == [4]
