import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.data.toy import toy_data
from influence_lab.evaluations.fading import descent_closed_form, descent_derivative, fading
from influence_lab.evaluations.fading_tables import correlations_in_time, early_over_late
from influence_lab.models.toy import leave_one_out_retrainings, toy_training
from tests.cases import LINEAR, LOGISTIC, QUADRATIC_CASES

STEPS = [1, 4, 30]
TOY = {"hidden": [4, 3], "epochs": 3, "batch_size": 8, "learning_rate": 0.01}


def _both(case, point=2):
    rate = 1 / np.linalg.eigvalsh(case.hessian)[-1]
    gradient = case.problem.gradients(case.theta, case.problem.X, case.problem.y)[point]
    measured = descent_derivative(case.problem, case.theta, point, rate, STEPS)
    return measured, descent_closed_form(case.hessian, gradient, rate, STEPS), gradient, rate


@pytest.mark.parametrize("case", QUADRATIC_CASES, ids=str)
def test_descent_from_the_optimum_of_a_quadratic_has_the_closed_form(case):
    measured, formula, _, _ = _both(case)
    assert_allclose(measured, formula, rtol=1e-10, atol=1e-13)


def test_it_holds_for_curved_losses_too_since_they_start_at_their_optimum():
    """To first order in ε only the Hessian at the optimum enters; central differences leave about 1e-8."""
    problem = LOGISTIC.problem
    direct = descent_closed_form(
        LOGISTIC.hessian, problem.gradients(LOGISTIC.theta, problem.X, problem.y)[2], 0.5, [30]
    )
    up, down = (_descend(problem, LOGISTIC.theta, 2, sign * 1e-5) for sign in (1, -1))
    assert_allclose((up - down) / 2e-5, direct[0], rtol=1e-6)


def _descend(problem, theta, point, epsilon):
    for _ in range(30):
        theta = theta - 0.5 * problem.gradient(theta, problem.weights(point, epsilon))
    return theta


def test_one_step_is_the_gradient_and_many_are_the_influence():
    _, formula, gradient, rate = _both(LINEAR)
    assert_allclose(formula[0], -rate * gradient, rtol=1e-10)
    late = descent_closed_form(LINEAR.hessian, gradient, rate, [10_000])[0]
    assert_allclose(late, -np.linalg.solve(LINEAR.hessian, gradient), rtol=1e-8)


def test_flat_directions_grow_with_time():
    found = descent_closed_form(np.diag([0.0, 1.0]), np.array([2.0, 3.0]), 0.1, [5, 50])
    assert_allclose(found[:, 0], [-0.1 * 5 * 2, -0.1 * 50 * 2], rtol=1e-10)


def test_prediction_in_time_is_right_for_the_first_step():
    """One step of size η moves θ by η g / n more without the point: exact in θ, so only the losses are curved."""
    data = toy_data(0, [8, 8], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 16, 0.5, 0.05, 8)
    trained = leave_one_out_retrainings(data, toy_training(TOY), seeds=2)
    found = fading(data, trained, TOY, [0.1, 1.0], 4, 8, 0.01, [1, 5])
    assert found["measured"].shape == found["timed"].shape == (2, 2, 8, 4)
    scale = np.abs(found["measured"][:, 0]).max()
    assert_allclose(found["timed"][:, 0], found["measured"][:, 0], atol=0.02 * scale)
    assert (found["apart"][:, 1] > found["apart"][:, 0]).all()
    by_influence, in_time = correlations_in_time(found)
    assert by_influence.shape == (2, 2, 2)
    assert in_time[:, 0].min() > 0.99


def test_influence_with_damping_is_about_1_over_rate_times_damping_steps():
    """By eigenvalue h: 1 − (1 − ηh)^T ≈ 1 − exp(−x) and h/(h + λ) = x/(1 + x) with x = h/λ, at most 0.205 apart."""
    values, damping, rate = np.geomspace(1e-4, 1.0, 30), 1e-2, 1e-3
    share = -values * descent_closed_form(np.diag(values), np.ones(30), rate, [round(1 / (rate * damping))])[0]
    assert np.abs(share - values / (values + damping)).max() < 0.205


def test_each_end_is_compared_with_the_early_step():
    found = np.array([[0.0, 0.9, 0.2], [0.0, 0.7, 0.0]])
    table = early_over_late({"a": found}, [1, 10, 1000], 10, lambda mean, half: "yes" if mean > half else "no")
    assert table.columns.tolist() == ["prediction", "end 1,000"]
    assert table["end 1,000"][0] == "+0.70 ± 0.00 yes"
