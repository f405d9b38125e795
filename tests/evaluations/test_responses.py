import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.measurements import measurements
from influence_lab.attributions.upweighting import draw_points, radii
from influence_lab.evaluations.responses import finite_differences, response_curve, responses
from influence_lab.evaluations.slopes import farthest, local_slopes, log_log_slope, slopes_by_point, worst
from tests.cases import CASES, CURVED_CASES, QUADRATIC_CASES, WELL

GRID = np.geomspace(0.005, 0.05, 6)


def points_of(case):
    return draw_points(radii(case.problem, case.theta), 2, seed=0)


@pytest.fixture(scope="module")
def table_of():
    tables = {
        case.name: responses(case.problem, case.theta, points_of(case), GRID).assign(model=case.name)
        for case in [*CASES, WELL]
    }
    return lambda case: tables[case.name]


def slope(table, column, expected):
    return farthest(slopes_by_point(table, column), expected).slope


@pytest.mark.parametrize("case", [*CASES, WELL], ids=str)
def test_first_order_step_misses_refits_by_epsilon_squared(table_of, case):
    """A local minimum suffices: the well is neither convex nor the global minimum."""
    assert_allclose(slope(table_of(case), "refit_1", 2), 2, atol=0.05)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("terms", [1, 2, 3, 4])
def test_k_neumann_terms_miss_the_inverse_by_epsilon_to_the_k_plus_one(table_of, case, terms):
    assert_allclose(slope(table_of(case), f"neumann_{terms}", terms + 1), terms + 1, atol=0.05)


@pytest.mark.parametrize("case", CURVED_CASES, ids=str)
def test_more_terms_do_not_beat_the_taylor_step_against_refits(table_of, case):
    assert_allclose(slope(table_of(case), "taylor", 2), 2, atol=0.05)
    assert_allclose(slope(table_of(case), "refit_4", 2), 2, atol=0.05)


@pytest.mark.parametrize("case", QUADRATIC_CASES, ids=str)
def test_taylor_step_is_exact_for_quadratic_losses(table_of, case):
    table = table_of(case)
    assert (table["taylor"] / table["step"]).max() < 1e-11  # refits to 1e-16 over a smallest eigenvalue above 0.1


@pytest.mark.parametrize("case", [*CASES, WELL], ids=str)
def test_formula_equals_central_differences_of_refits(case):
    functions = measurements(case.problem, case.X_test, case.y_test)
    functions = functions[1:2] if case is WELL else functions  # in one dimension two predictions do not differ
    table = finite_differences(case.problem, case.theta, points_of(case), functions, 1e-3)
    assert_allclose(table["difference"], table["formula"], rtol=1e-6)
    assert_allclose(table["difference"], table["chain"], rtol=1e-6)
    assert table["parameters"].max() < 1e-6


def test_response_curve_passes_through_the_trained_model():
    case = CASES[2]
    loss = measurements(case.problem, case.X_test, case.y_test)[0]
    values, (norm, curvature) = response_curve(case.problem, case.theta, 0, loss, np.array([-0.01, 0.0, 0.01]))
    assert_allclose(values[1], loss.value(case.theta), rtol=1e-12)
    assert norm < 1e-12 < curvature


def test_rounding_is_left_out_of_slopes(table_of):
    """A column of rounding errors gives no slope at all rather than a meaningless one."""
    table = table_of(QUADRATIC_CASES[0])
    slopes = slopes_by_point(table.assign(taylor=table["step"] * 1e-15), "taylor")
    assert slopes == []
    with pytest.raises(ValueError, match="use larger ε"):
        farthest(slopes, 2)


def test_local_slopes_tend_to_the_order_and_one_sign_tends_there_more_slowly(table_of):
    """Against refits, whatever the number of terms: the next order is of relative size ε for one sign, ε² for both."""
    table = table_of(CURVED_CASES[0])
    for rows, gap in ((table, 0.002), (table[table["epsilon"] > 0], 0.05)):
        away = (local_slopes(rows, "refit_1")["slope"] - 2).abs().groupby(level=0).max().to_numpy().reshape(2, -1)
        assert (away[:, 0] < gap).all()
        assert (away[:, 0] < away[:, -1]).all()


def test_worst_is_the_farthest_slope_with_its_half_width(table_of):
    fit = farthest(slopes_by_point(table_of(WELL), "refit_1"), 2)
    assert worst(table_of(WELL), "refit_1", 2) == (fit.slope, fit.half_width)


def test_slope_and_its_half_width():
    epsilon = np.geomspace(1e-3, 1e-1, 8)
    exact = log_log_slope(epsilon, 3 * epsilon**2)
    assert_allclose([exact.slope, exact.half_width], [2, 0], atol=1e-12)
    assert_allclose(exact.line(epsilon), 3 * epsilon**2, rtol=1e-10)
    noisy = log_log_slope(epsilon, epsilon**2 * np.exp(np.tile([0.1, -0.1], 4)))
    assert abs(noisy.slope - 2) < noisy.half_width
    with pytest.raises(ValueError, match="exact"):
        log_log_slope(epsilon, np.zeros(8))
