import numpy as np
import pytest

from influence_lab.evaluations.prefilters import curve_sizes, kept_share, recall, recall_curves, top_texts

RNG = np.random.default_rng(0)
SCORES = RNG.standard_normal((6, 20))
WANTED = top_texts(RNG.standard_normal((6, 20)), 5)


def test_a_filter_that_is_the_truth_keeps_all_and_its_opposite_nothing():
    truth = RNG.standard_normal((3, 20))
    assert np.allclose(recall(truth, top_texts(truth, 5), 5), 1)
    assert np.allclose(recall(-truth, top_texts(truth, 5), 15), 0)


@pytest.mark.parametrize("kept", [1, 7, 20])
def test_each_query_keeps_as_many_texts_as_it_may_whatever_is_tied(kept):
    tied = np.round(SCORES)
    shares = kept_share(tied, kept)
    assert np.allclose(shares.sum(axis=1), kept)
    assert ((shares >= 0) & (shares <= 1)).all()


def test_ties_are_broken_at_random_on_average():
    """All tied: every text is kept with the same chance, as by a random filter."""
    assert np.allclose(recall(np.zeros((6, 20)), WANTED, 5), 0.25)
    drawn = [recall(RNG.random((6, 20)), WANTED, 5).mean() for _ in range(400)]
    assert abs(np.mean(drawn) - 0.25) < 4 * np.std(drawn) / 20


def test_recall_rises_with_the_size_to_one():
    curves = recall_curves({"filter": SCORES}, WANTED, curve_sizes(20))
    assert (curves["mean"].diff().dropna() >= 0).all()
    assert curves["mean"].iloc[-1] == pytest.approx(1)
    assert curves["share"].iloc[-1] == 1
