import numpy as np
import pytest

from influence_lab.evaluations.extrapolation import (
    Accelerator,
    in_words,
    projections,
    scoring_flops,
    straight_line,
    training_flops,
)
from influence_lab.evaluations.rank_agreement import by_rank


def test_the_line_gives_back_what_starting_and_each_token_take():
    tokens = np.repeat([100.0, 200.0, 400.0, 800.0], 3)
    noise = np.random.default_rng(0).standard_normal(12) * 1e-3
    line = straight_line(tokens, 0.5 + 2e-3 * tokens + noise)
    assert abs(line.rate - 2e-3) < 2 * line.half_width
    assert line.start == pytest.approx(0.5, abs=5e-3)


def test_time_is_operations_over_what_is_reached():
    device = Accelerator(peak=1e15, utilisation=0.4)
    table = projections({"small": 1e6, "large": 1e9}, {"model": (1e8, 5e7)}, 8, device)
    assert scoring_flops(1e8, 5e7, 8) == 4e8 + 8e8
    seconds = table["device years"] * 365.25 * 86400
    assert np.allclose(seconds, [1e6 * 1.2e9 / 4e14, 1e9 * 1.2e9 / 4e14])


def test_a_pass_for_one_query_over_all_weights_takes_as_much_as_an_epoch():
    weights = 64.0 * 48
    assert scoring_flops(weights, weights, 1) == training_flops(weights)
    assert scoring_flops(weights, 4 * (64 + 48), 1) < training_flops(weights) < scoring_flops(weights, weights, 2)


@pytest.mark.parametrize(("seconds", "words"), [(4.0, "4 seconds"), (7200.0, "2 hours"), (3e8, "9.5 years")])
def test_times_are_said_in_a_unit_of_their_size(seconds, words):
    assert in_words(seconds) == words


def test_equal_scores_agree_and_reversed_ones_disagree():
    full = np.random.default_rng(0).standard_normal((4, 9))
    table = by_rank(np.array([1, 2]), np.stack([-full, 2 * full + 1]), full)
    assert np.allclose(table["pearson"], [-1, 1])
    assert np.allclose(table["spearman"], [-1, 1])
    assert np.allclose(table["pearson_half"], 0, atol=1e-12)
