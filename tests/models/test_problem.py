import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from tests.cases import CASES, LINEAR, LOGISTIC, NETWORK, SOFTMAX, WELL

STEP = 1e-5  # central differences: truncation 1e-10, rounding 1e-16 / 1e-5


def differences(function, theta):
    columns = [(function(theta + STEP * e) - function(theta - STEP * e)) / (2 * STEP) for e in np.eye(len(theta))]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("case", [*CASES, SOFTMAX, WELL], ids=str)
def test_gradients_and_hessians_are_derivatives_of_the_losses(case):
    problem, data = case.problem, (case.X_test, case.y_test)
    gradients = differences(lambda t: problem.losses(t, *data), case.start)
    hessians = differences(lambda t: problem.gradients(t, *data), case.start)
    assert_allclose(problem.gradients(case.start, *data), gradients, atol=1e-8)
    assert_allclose(problem.hessians(case.start, *data), hessians, atol=1e-8)
    predictions = differences(lambda t: problem.predictions(t, case.X_test), case.start)
    assert_allclose(problem.prediction_gradients(case.start, case.X_test), predictions, atol=1e-8)


@pytest.mark.parametrize("case", [LINEAR, LOGISTIC, NETWORK], ids=str)
def test_closed_forms_equal_torch(case):
    """The written-out derivatives against automatic differentiation of the loss written in torch."""
    x, y = (torch.tensor(array[0]) for array in (case.X_test, case.y_test))

    def output(theta):
        if case is NETWORK:
            hidden = case.problem.hidden
            return theta[-hidden:] @ torch.tanh(theta[:-hidden].reshape(hidden, -1) @ x)
        return x @ theta

    def loss(theta):
        z = output(theta)
        return (z - y) ** 2 / 2 if case is LINEAR else torch.nn.functional.softplus(z) - y * z

    theta = torch.tensor(case.start)
    one = case.X_test[:1], case.y_test[:1]
    hessian = torch.func.jacrev(torch.func.grad(loss))(theta)
    assert_allclose(case.problem.losses(case.start, *one)[0], loss(theta), rtol=1e-12)
    assert_allclose(case.problem.gradients(case.start, *one)[0], torch.func.grad(loss)(theta), rtol=1e-12)
    assert_allclose(case.problem.hessians(case.start, *one)[0], hessian, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_upweighting_adds_epsilon_times_one_loss(case):
    problem, epsilon = case.problem, 0.3
    added = epsilon * problem.losses(case.start, problem.X, problem.y)[4]
    plain = problem.objective(case.start, problem.weights())
    assert_allclose(problem.objective(case.start, problem.weights(4, epsilon)), plain + added, rtol=1e-13)
