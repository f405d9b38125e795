import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.evaluations.infra_actions import BY_INFLUENCE, REVERSED, difficulty_moves, removals

SCORES = np.array([3.0, -5.0, 1.0, -2.0, 0.5])
LOSSES = np.array([[0.0, 3.0], [-6.0, 1.0], [0.5, 0.5], [0.0, -2.0], [0.25, 0.25]])
COUNTED = np.array([[0, 1], [1, 1], [1, 1], [0, 1], [1, 1]])
KINDS = ("math easy", "math hard", "code easy", "code hard")
POOL = pd.DataFrame(
    {"kind": [*np.repeat(KINDS, 4), *np.repeat(KINDS, 3)], "right": ([True] * 3 + [False]) * 4 + [True] * 12}
)


def by_name(actions):
    return {action.name: action for action in actions}


def test_the_most_negative_texts_and_tokens_go():
    found = by_name(removals(SCORES, LOSSES, COUNTED, spare=2, share=0.4, seed=0))
    assert found["drop texts by influence"].weights.tolist() == [1, 0, 1, 0, 1, 0, 0]
    masked = found["mask tokens by influence"].mask == 0
    assert masked.sum() == 3
    assert masked[1, 0]
    assert masked[3, 1]


def test_as_much_goes_at_random():
    found = by_name(removals(SCORES, LOSSES, COUNTED, spare=2, share=0.4, seed=0))
    assert found["drop random texts"].weights.sum() == found["drop texts by influence"].weights.sum()
    random, chosen = found["mask random tokens"].mask, found["mask tokens by influence"].mask
    assert (random == 0).sum() == (chosen == 0).sum()
    assert COUNTED[random == 0].all()


def test_predictions_are_first_order():
    found = by_name(removals(SCORES, LOSSES, COUNTED, spare=0, share=0.4, seed=0))
    for action in found.values():
        texts = -float(SCORES[action.weights == 0].sum()) / 5
        tokens = 0.0 if action.mask is None else -float(LOSSES[action.mask == 0].sum()) / 5
        assert_allclose(action.predicted, texts + tokens)


def test_volume_moves_between_difficulties_and_its_sum_stays():
    rng = np.random.default_rng(0)
    found = by_name(difficulty_moves(rng.normal(size=len(POOL)), POOL, 16, 2, seed=0))
    for action in found.values():
        assert action.weights.sum() == 16
        assert POOL["right"][(action.weights == 0) & (np.arange(len(POOL)) < 16)].all()
        subjects = POOL["kind"].str.split().str[0]
        assert pd.Series(action.weights).groupby(subjects).sum().tolist() == [8, 8]


def test_influence_takes_the_better_direction_of_each_subject():
    """All new texts of one difficulty help; predictions of both directions add up to those of the parts."""
    scores = np.zeros(len(POOL))
    scores[16:] = POOL["kind"][16:].isin(["math hard", "code easy"])
    found = by_name(difficulty_moves(scores, POOL, 16, 2, seed=0))
    gained = pd.Series(found[BY_INFLUENCE].weights[16:]).groupby(POOL["kind"][16:].to_numpy()).sum()
    assert gained.to_dict() == {"math easy": 0, "math hard": 2, "code easy": 2, "code hard": 0}
    assert_allclose(found[BY_INFLUENCE].predicted, 4 / 16)
    assert_allclose(found[REVERSED].predicted, 0)
