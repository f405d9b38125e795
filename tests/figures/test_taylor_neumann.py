import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from influence_lab.evaluations.responses import responses
from influence_lab.figures import taylor_neumann as figures
from tests.cases import LINEAR


def test_slider_shows_one_sum_at_a_time_beside_the_exact_curve():
    x = np.linspace(-0.5, 0.5, 5)
    figure = figures.neumann_curves("t", x, x, np.outer([1, 2, 3], x), 0.1)
    assert [trace.visible for trace in figure.data] == [None, True, False, False]
    steps = figure.layout.sliders[0].steps
    assert [step.args[0]["visible"] for step in steps] == [[True, *(i == k for i in range(3))] for k in range(3)]


def test_error_slopes_draws_a_line_and_both_signs_for_each_point():
    table = responses(LINEAR.problem, LINEAR.theta, np.array([0, 3]), np.geomspace(0.005, 0.05, 6))
    figure = figures.error_slopes("t", table.assign(model="linear"), {"neumann_1": "K = 1"}, "error")
    lines, dots = figure.data[::2], figure.data[1::2]
    assert len(lines) == len(dots) == 2
    assert_allclose(np.log(lines[0].y[-1] / lines[0].y[0]) / np.log(10), 2, atol=0.01)
    assert set(dots[0].marker.symbol) == {"circle", "circle-open"}


def test_response_slider_shows_the_refits_and_the_tangent_of_one_point():
    weight = np.array([-1.0, 0.0, 1.0])
    figure = figures.response_curves(
        "t", weight, np.array([[1, 2, 4], [3, 5, 6]]), np.array([1.5, 2.0]), np.array([7, 9])
    )
    assert [trace.visible for trace in figure.data] == [True, True, False, False]
    assert_allclose(figure.data[1].y, [0.5, 2, 3.5])


def test_agreement_draws_every_gap():
    rows = [("linear", f, 1, 1e-9) for f in ("loss", "mean", "difference")]
    table = pd.DataFrame(rows, columns=["model", "function", "point", "gap"])
    assert sum(len(trace.y) for trace in figures.agreement("t", table).data if trace.mode == "markers") == 3


def test_local_slopes_draws_a_line_for_each_point():
    rows = [("logistic", point, scaled, 2.0) for point in (1, 4) for scaled in (0.01, 0.02)]
    figure = figures.local_slopes("t", pd.DataFrame(rows, columns=["model", "point", "scaled", "slope"]), 2)
    assert [trace.showlegend for trace in figure.data] == [True, False]
