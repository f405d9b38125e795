import numpy as np

from influence_lab.evaluations.crossed_draws import Draws, drawn_correlations, widest
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.lds import rank_correlation


def test_draws_vary_with_starts_and_with_queries_and_not_within():
    """A value that depends on the start alone: its bootstrap spread is that of means over starts, σ/√S."""
    drawn = Draws.of(2, 7, 5, 4000, 0)
    only_starts = np.broadcast_to(np.repeat(np.array([[-1.0], [1.0]]), 7, axis=1), (4001, 2, 7))
    means = drawn.mean(only_starts)
    assert means[0] == 0
    assert set(np.unique(means)) == {-1.0, 0.0, 1.0}
    assert abs(means[1:].std() - 1 / np.sqrt(2)) < 0.03


def test_retrainings_once_each_give_the_rank_correlation_and_double_ones_weigh_double():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 30, 3))
    counts = np.stack([np.ones(30), np.repeat([2, 0], 15)])
    found = drawn_correlations(one, other, counts)
    np.testing.assert_allclose(found[0], rank_correlation(one, other), rtol=1e-12)
    ranks = [values.argsort(axis=0).argsort(axis=0)[:15] for values in (one, other)]
    expected = [np.corrcoef(ranks[0][:, query], ranks[1][:, query])[0, 1] for query in range(3)]
    np.testing.assert_allclose(found[1], expected, rtol=1e-12)
    assert (drawn_correlations(one, np.zeros((30, 3)), counts) == 0).all()


def test_an_interval_is_no_shorter_than_students_t_over_few_starts():
    by_start = np.array([0.1, 0.2, 0.6])
    middle, half = mean_interval(by_start)
    samples = np.array([middle, *np.linspace(middle - 0.01, middle + 0.01, 41)])
    np.testing.assert_allclose(widest(samples, by_start), (middle, middle - half, middle + half))
    wide = np.array([middle, *np.linspace(-9, 9, 41)])
    assert widest(wide, by_start)[1] < -8
    assert widest(samples, by_start[:1])[1] > middle - 0.01
