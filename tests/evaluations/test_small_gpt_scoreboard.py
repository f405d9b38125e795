import numpy as np
import pandas as pd

from influence_lab.evaluations.lm_rows import CEILING
from influence_lab.evaluations.small_gpt_scoreboard import SmallTruths, tracing_rows, truth_rows

SEEDS, SUBSETS, TEXTS, QUERIES = 3, 80, 12, 5


def additive(noise: float) -> tuple[np.ndarray, SmallTruths]:
    """A world in which log p is a sum of the texts' shares, plus training noise."""
    rng = np.random.default_rng(0)
    shares = rng.normal(size=(QUERIES, TEXTS))
    masks = (rng.random((SUBSETS, TEXTS)) < 0.5).astype(float)
    outputs = masks @ shares.T + noise * rng.normal(size=(SEEDS, SUBSETS, QUERIES))
    effects = shares.T + noise * rng.normal(size=(SEEDS, TEXTS, QUERIES))
    return shares, SmallTruths(masks, outputs, np.arange(TEXTS), effects)


def board(noise: float) -> pd.DataFrame:
    shares, truths = additive(noise)
    random = np.random.default_rng(1).normal(size=(SEEDS, QUERIES, TEXTS))
    scores = {"ekfac": np.stack([shares] * SEEDS), "random": random}
    return pd.concat(truth_rows(scores, truths, "m", 50, 0)).set_index(["metric", "method"])


def test_true_shares_score_one_without_noise_and_so_does_the_ceiling():
    found = board(0.0)["value"]
    for metric in ("lds", "loo"):
        assert np.isclose(found[metric, "ekfac"], 1.0)
        assert np.isclose(found[metric, CEILING], 1.0)


def test_with_noise_true_shares_come_near_the_ceiling_and_random_ones_do_not():
    """400 subset outputs of one noise level: the ceiling's own error is below 0.05 here."""
    found = board(2.0)
    value = found["value"]
    assert value["lds", CEILING] < 0.98
    assert abs(value["lds", "ekfac"] - value["lds", CEILING]) < 0.05
    assert found.loc[("lds", "random"), "difference_high"] < 0
    assert abs(value["lds", "random"]) < 0.4


def test_a_corpus_without_mistakes_has_no_rows_of_them():
    scores = {"ekfac": np.ones((2, 3))}
    assert tracing_rows(scores, np.array(["", ""]), np.array(["", "", ""]), "mistake_", "m", 1, 20, 0) == []
