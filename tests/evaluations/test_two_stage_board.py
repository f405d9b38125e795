import numpy as np

from influence_lab.evaluations.two_stage_board import CEILING, board, gain, seed_gains, slopes

SEEDS, SUBSETS, TEXTS, QUERIES = 3, 80, 12, 5


def additive(noise: float) -> tuple[list, list]:
    """Worlds in which log p is a sum of the texts' shares, plus training noise; single-stage scores are random."""
    rng, scores, truths = np.random.default_rng(0), [], []
    masks = (rng.random((SUBSETS, TEXTS)) < 0.5).astype(np.uint8)
    shares, wrong = rng.normal(size=(2, QUERIES, TEXTS))
    for _ in range(SEEDS):
        truths.append(
            {
                "masks": masks,
                "subset_outputs": masks @ shares.T + noise * rng.normal(size=(SUBSETS, QUERIES)),
                "removed": np.arange(TEXTS),
                "effects": shares.T + noise * rng.normal(size=(TEXTS, QUERIES)),
            }
        )
        scores.append(
            {"ekfac.full": TEXTS * shares, "ekfac.single_tuned": wrong, "newton.full": TEXTS * shares}
            | {"newton.single_tuned": wrong, "random": wrong}
        )
    return scores, truths


def rows(noise: float):
    return board(*additive(noise), draws=200, seed=0).set_index(["metric", "curvature", "method"])


def test_true_shares_score_one_without_noise_and_differ_from_themselves_by_nothing():
    table = rows(0.0)
    for metric in ("lds", "loo", "lds_mean", "loo_mean"):
        assert np.isclose(table.loc[(metric, "", CEILING), "value"], 1.0)
        for curvature in ("ekfac", "newton"):
            full = table.loc[(metric, curvature, "full")]
            assert np.isclose(full["value"], 1.0)
            assert full["difference_low"] == full["difference_high"] == 0


def test_the_gain_of_claim_a23_is_the_paired_difference():
    scores, truths = additive(1.0)
    table = board(scores, truths, draws=200, seed=0)
    for curvature in ("ekfac", "newton"):
        found = gain(table, curvature)
        assert np.isclose(found["gain"], found["full"] - found["single"])
        assert 0 < found["low"] <= found["gain"] <= found["high"]
        assert np.isclose(found["gain"], np.mean(seed_gains(scores, truths, curvature)))
        assert (found["queries"], found["seeds"]) == (QUERIES, SEEDS)


def test_with_noise_true_shares_come_near_the_ceiling_of_one_seed():
    """240 outputs of one noise level: the ceiling's own error is below 0.06 here."""
    table = rows(2.0)["value"]
    ceiling = table["lds", "", CEILING]
    assert ceiling < table["lds_mean", "", CEILING] < 0.99
    assert abs(table["lds", "ekfac", "full"] - ceiling) < 0.06


def test_slopes_are_one_where_predictions_have_the_right_size():
    table = slopes(*additive(0.0), draws=50, seed=0).set_index(["curvature", "method"])
    for curvature in ("ekfac", "newton"):
        assert np.allclose(table.loc[(curvature, "full"), ["value", "low", "high"]].to_numpy(float), 1.0)
