import numpy as np
from numpy.testing import assert_allclose

from influence_lab.evaluations.last_layer import CountedProduct, inverse_products, softmax_rank
from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.softmax import SoftmaxRegression
from tests.cases import SOFTMAX


def test_the_product_without_the_matrix_is_the_damped_hessian_s():
    rng = np.random.default_rng(0)
    layer = LogisticRegression(rng.standard_normal((9, 4)), np.ones(9))
    theta, v = rng.standard_normal((2, 4))
    product = CountedProduct(layer, theta, 0.3)
    assert_allclose(product(v), (layer.hessian(theta, layer.weights()) + 0.3 * np.eye(4)) @ v, rtol=1e-12)
    assert product.count == 1


def test_conjugate_gradient_agrees_and_the_hessian_vector_product_does_not():
    rng = np.random.default_rng(1)
    network = Network((2, 6, 4, 1), "relu")
    trained = LogisticNetwork(
        network, network.initial(0).numpy(), rng.standard_normal((15, 2)), (np.arange(15) % 2).astype(float)
    )
    table = inverse_products([trained], 0.01)
    assert len(table) == 15
    assert table["direct"].max() < 1e-9  # residual 1e-12 times a condition number below 1e3
    assert table["named"].min() > 0.1
    assert table["products"].between(2, 30).all()


def test_the_rank_of_a_softmax_head_is_its_bound_and_lower_with_a_silent_input():
    found = softmax_rank(SOFTMAX.problem, SOFTMAX.theta)
    assert (found.rank, found.bound) == (6, 6)
    assert found.outside < 1e-12
    X = SOFTMAX.problem.X.copy()
    X[:, 2] = 0
    silent = softmax_rank(SoftmaxRegression(X, SOFTMAX.problem.y), SOFTMAX.theta)
    assert (silent.rank, silent.bound) == (4, 6)
