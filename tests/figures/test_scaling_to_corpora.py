import numpy as np
import pandas as pd

from influence_lab.evaluations.extrapolation import straight_line
from influence_lab.evaluations.prefilters import recall_curves, top_texts
from influence_lab.evaluations.rank_agreement import by_rank
from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.figures import scaling_to_corpora as figures

RNG = np.random.default_rng(0)


def test_the_curves_show_the_recall_of_each_filter_and_chance():
    truth = RNG.standard_normal((4, 12))
    curves = recall_curves({"a": truth, "b": -truth}, top_texts(truth, 3), [1, 3, 12])
    figure = figures.recall_curves("t", curves, {"a": "A", "b": "B"}, 0.25)
    assert [trace.name for trace in figure.data] == ["A", "B", "by chance"]
    assert np.allclose(figure.data[0].y, [1 / 3, 1, 1])
    assert np.allclose(figure.data[2].x, figure.data[2].y)


def test_intervals_stay_above_zero_on_a_logarithmic_axis():
    full = RNG.standard_normal((3, 8))
    noisy = np.stack([full + scale * RNG.standard_normal((3, 8)) for scale in (1.0, 0.1)])
    table = by_rank(np.array([1, 4]), noisy, full)
    trace = figures.rank_agreement("t", table).data[0]
    assert np.allclose(trace.y, 1 - table["pearson"])
    assert (np.array(trace.y) - np.array(trace.error_y.arrayminus) > 0).all()


def test_prices_are_drawn_for_memory_and_time():
    table = pd.DataFrame({"rank": [1, 2], "memory": [0.1, 0.2], "time": [0.3, 0.4]})
    figure = figures.rank_price("t", table)
    assert [list(trace.y) for trace in figure.data] == [[0.1, 0.2], [0.3, 0.4]]


def test_growth_is_drawn_with_the_lines_through_it():
    tokens = np.array([1.0, 2.0, 4.0])
    table = pd.DataFrame({"tokens": tokens, "weights": tokens, "stage": "scores", "seconds": 3 * tokens})
    corpus = figures.corpus_growth("t", table, {"scores": straight_line(tokens, 3 * tokens)})
    assert np.allclose(corpus.data[1].y, [0, 12])
    model = figures.model_growth("t", table, {"scores": log_log_slope(tokens, 3 * tokens)})
    assert np.allclose(model.data[1].y, [3, 12])
