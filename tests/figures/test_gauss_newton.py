import numpy as np
import pandas as pd

from influence_lab.figures.gauss_newton import cost, gaps, lines


def test_gaps_tell_small_from_large():
    figure = gaps("title", "gap", {"rounding": 1e-15, "zero": 0.0, "large": 0.3}, limit=1e-12)
    colours = list(figure.data[0].marker.color)[::-1]
    assert colours[0] == colours[1] != colours[2]
    assert min(figure.data[0].x) > 0  # a logarithmic axis has no zero


def test_lines_draw_the_intervals():
    figure = lines("title", "x", "y", {"a": pd.DataFrame({"x": [1, 2], "mean": [3.0, 4.0], "half": [0.1, 0.2]})})
    assert list(figure.data[0].error_y.array) == [0.1, 0.2]


def test_cost_has_time_above_memory_and_the_range_of_the_times():
    table = pd.DataFrame(
        {
            "method": "G",
            "width": [2, 4],
            "parameters": 9,
            "seconds": 1.0,
            "least": 0.9,
            "most": 1.5,
            "kept_bytes": 8,
            "peak_bytes": 16,
        }
    )
    figure = cost("title", table)
    assert [trace.yaxis for trace in figure.data] == ["y", "y2"]
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]
    assert figure.layout.xaxis.domain == figure.layout.xaxis2.domain
    assert list(figure.data[0].error_y.array) == [0.5, 0.5]
    assert np.allclose(figure.data[0].error_y.arrayminus, 0.1)
