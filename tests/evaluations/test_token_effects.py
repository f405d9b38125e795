import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.func import grad, jacrev

from influence_lab.data.sequences import pack
from influence_lab.evaluations.token_effects import checks
from influence_lab.models.anchored_gpt import anchored, compact, log_p, trained
from influence_lab.models.held_newton import NotConvergedError

# torch compiles its forward derivatives on first use, in a way that it has deprecated itself
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

TEXTS = [[1, 20, 7, 30, 2], [1, 7, 20, 30, 41, 2], [1, 30, 20, 2]]


@pytest.fixture(scope="module")
def held():
    """A GPT of width 4 after 30 steps, held at its parameters; token ids with gaps."""
    parts = pack(TEXTS, [1, 1, 1], 8, ["a", "b", "c"], 0), pack([[1, 20, 7], [1, 7, 30]], [2, 2], 8, ["q", "r"], 0)
    (texts, queries), vocabulary = compact(*parts)
    return anchored(trained(texts, vocabulary, 4, 30), texts, 0.01), queries


@pytest.fixture(scope="module")
def found(held):
    return checks(*held, epsilon=1e-5)


def test_the_factor_is_that_of_the_gauss_newton_matrix(held):
    r"""$G = \frac1n \sum J^\top (\mathrm{diag}(p) - pp^\top) J$, from the Jacobian of the log-probabilities."""
    model, _ = held
    J = jacrev(lambda theta: log_p(model.model, theta, model.texts))(model.theta)  # of logits less a constant
    p = model.own.exp()
    second = torch.diag_embed(p) - p[..., :, None] * p[..., None, :]
    weights = torch.from_numpy(model.texts.weights)
    G = torch.einsum("ntvp,ntvw,ntwq,nt->pq", J, second, J, weights) / len(model.texts)
    factor = model.factor()
    expected = G + model.damping * torch.eye(len(G), dtype=G.dtype)
    torch.testing.assert_close(factor @ factor.T, expected, rtol=1e-9, atol=1e-11)


def test_the_anchor_is_an_optimum_and_an_epsilon_too_large_is_an_error(held):
    model, _ = held
    assert float(grad(model._objective)(model.theta).norm()) < 1e-13
    with pytest.raises(NotConvergedError, match="take a smaller"):
        model.moved(lambda theta: -theta.square().sum(), 1.0, model.factor())


def test_the_token_formula_is_the_derivative_of_what_up_weighting_a_token_does(found):
    """A central difference errs by ε² times a third derivative; tokens of all sizes are compared."""
    assert len(found["formula"]) == sum(len(text) - 1 for text in TEXTS)
    assert_allclose(found["formula"], found["measured"], rtol=1e-5)
    assert_allclose(found["text_formula"], found["text_measured"], rtol=1e-4)


def test_tokens_sum_to_their_text(found):
    sums = np.bincount(found["text"].astype(int), weights=found["formula"])
    assert_allclose(sums, found["text_formula"], rtol=1e-9)
    assert found["sum_errors"].max() < 1e-12


def test_splits_are_the_same_in_the_unembedding(found):
    assert_allclose(found["position_unembedding"], found["loss_unembedding"], rtol=1e-9, atol=1e-13)


def test_influence_on_a_mean_is_the_mean_of_influences(found):
    assert_allclose(found["on_mean"], found["mean_of"], rtol=1e-9, atol=1e-13)
