import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_lab.attributions.influenciae_toy import influenciae_toy, keras_model, without_last_bias
from influence_lab.evaluations.influenciae_agreement import agreement
from influence_lab.models.logistic_network import LogisticNetwork
from tests.attributions.toy_cases import DATA, settings

X, Y = DATA["X_test"], DATA["y_test"]


@pytest.fixture(scope="module")
def network() -> LogisticNetwork:
    return settings()["true"][0].network


def test_the_exported_model_has_the_same_logits(network):
    """Single precision: 1.2e-7 a sum, over logits of order 10."""
    model = keras_model(network.network, network.theta)
    assert_allclose(model(X.astype(np.float32)).numpy()[:, 0], network.logits(X), atol=1e-5)


def test_the_last_bias_can_be_a_unit_s_weight(network):
    wider, theta = without_last_bias(network.network, network.theta)
    assert theta[-1] == 0
    assert_allclose(LogisticNetwork(wider, theta, network.X, network.y).logits(X), network.logits(X), rtol=1e-12)


def test_influenciae_agrees_where_it_computes_the_same(network):
    damping, raised, rate, decay = 0.05, 0.5, 0.02, 0.01
    found = influenciae_toy(network, X, Y, damping, raised, rate, decay, few=2)
    table = agreement(found, network, X, Y, (damping, raised), rate, decay).set_index(["what", "against"])["error"]
    assert table["exact, larger damping", "ours"] < 1e-3
    assert table["exact, the same", "ours, inverse cut like theirs"] < 1e-3
    assert table["TracIn, last checkpoint", "ours"] < 1e-4
    assert table["conjugate gradient, last layer", "ours, pseudo-inverse"] < 0.1  # it stops at a residual of 1e-3
    assert table["representer points, α", "that times the active hidden units"] < 0.01  # 1e-5 added to each activation
    assert table["representer points, α", "the formula at their last layer"] > 1
