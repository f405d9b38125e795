import numpy as np
import pytest

from influence_lab.data.theory import theory_data
from influence_lab.models.theory import MODELS, load_theory, train_theory


@pytest.fixture(scope="module")
def trained():
    data = theory_data(0, network_rows=60)
    return load_theory(data, train_theory(data, ridge=0.1, weight_decay=0.02, hidden=2, seed=0))


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_at_a_minimum_with_an_invertible_hessian(trained, name):
    problem, theta, _, _ = trained[name]
    assert np.linalg.norm(problem.gradient(theta, problem.weights())) < 1e-12
    assert np.linalg.eigvalsh(problem.hessian(theta, problem.weights()))[0] > 1e-4
