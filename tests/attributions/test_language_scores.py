import pytest
import torch
from torch import nn
from torch.testing import assert_close

from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import (
    gradient_methods,
    gradient_products,
    position_scores,
    query_direction,
)
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import pack
from tests.attributions.language_cases import fitted
from tests.models.language_cases import cut_model, encoded

pytestmark = pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # λ is a tenth of the mean eigenvalue: condition numbers of some thousands


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Texts that are their own queries, with sampled labels in the factors."""
    tail, layers, data = cut_model()
    tokens = token_gradients(tail, layers, data)
    factors = read_factors(fitted(tmp_path_factory.mktemp("world"), tail, layers, data, task=LanguageTask))
    products = gradient_products(tokens, tokens, factors)
    return tokens, factors, products, gradient_methods(products)


def vectors(tokens, layer):
    """vec of each text's gradient, columns stacked."""
    return torch.stack([tokens.gradient(layer, text).T.reshape(-1) for text in range(len(tokens))])


@pytest.mark.parametrize("method", ["ekfac", "kfac"])
def test_scores_are_those_of_the_matrices_written_out(world, method):
    tokens, factors, products, methods = world
    total = 0
    for number, (layer, found) in enumerate(factors.items()):
        approximation, g = getattr(found, method), vectors(tokens, layer)
        damped = approximation.matrix() + approximation.damping * torch.eye(g.shape[1], dtype=g.dtype)
        scores = g @ torch.linalg.solve(damped, g.T)
        assert_close(products[method][number], scores, **EXACT)
        if method == "ekfac":
            solved = torch.linalg.solve(damped, g.T)
            assert_close(products["self_ekfac"][number], scores.diagonal(), **EXACT)
            assert_close(products["step_ekfac"][number], solved.square().sum(dim=0), **EXACT)
        total = total + scores
    assert_close(methods[method], total, **EXACT)


def test_dot_and_cosine_are_those_of_all_layers_together(world):
    tokens, factors, _, methods = world
    g = torch.cat([vectors(tokens, layer) for layer in factors], dim=1)
    assert_close(methods["dot"], g @ g.T, **EXACT)
    unit = g / g.norm(dim=1, keepdim=True)
    assert_close(methods["cosine"], unit @ unit.T, **EXACT)
    assert methods["cosine"].abs().max() <= 1 + 1e-12


def test_positions_sum_to_the_score_of_the_text(world):
    tokens, factors, _, methods = world
    for query in range(len(tokens)):
        positions = position_scores(query_direction(tokens, query, factors), tokens)
        sums = torch.stack([positions[tokens.rows(text)].sum() for text in range(len(tokens))])
        assert_close(sums, methods["ekfac"][query], rtol=1e-12, atol=1e-12 * float(positions.abs().max()))


def test_relative_influence_bounds_a_text_by_itself(world):
    r"""ℓ-RelatIF of i on itself is $\sqrt{K_{ii}}$, and by Cauchy-Schwarz no other text has more on it."""
    _, _, products, methods = world
    own = products["self_ekfac"].sum(dim=0).sqrt()
    assert_close(methods["relatif"].diagonal(), own, rtol=1e-10, atol=0)
    assert (methods["relatif"].abs() <= own[:, None] * (1 + 1e-10)).all()


def test_relative_influence_of_a_step_is_at_most_the_gradient(world):
    r"""θ-RelatIF is $g_q^\top$ times a unit vector."""
    _, _, products, methods = world
    length = products["query_dot"].sum(dim=0).sqrt()
    assert (methods["theta_relatif"].abs() <= length[:, None] * (1 + 1e-10)).all()


def test_influence_is_symmetric_and_positive_on_oneself(world):
    _, _, _, methods = world
    for method in ("ekfac", "kfac", "dot"):
        assert_close(methods[method], methods[method].T, **EXACT)
        assert (torch.linalg.eigvalsh(methods[method]) > 0).all()


def test_texts_in_several_batches_change_nothing(world, monkeypatch):
    tokens, factors, products, _ = world
    monkeypatch.setattr("influence_lab.attributions.language_scores.TEXTS_AT_ONCE", 2)
    for name, values in gradient_products(tokens, tokens, factors).items():
        assert_close(values, products[name], rtol=1e-12, atol=1e-14)


def test_one_text_of_one_token_makes_kfac_exact(tmp_path):
    r"""Then $G = aa^\top \otimes \mathcal{D}s\,\mathcal{D}s^\top$, the product of the factors; EK-FAC has it too."""
    one = encoded(["w1 w2"])[:1]
    one = type(one)(one.inputs[:, :1], one.targets[:, :1], one.weights[:, :1])
    tail, layers, data = cut_model(sequences=one)
    tokens = token_gradients(tail, layers, data)
    for layer, found in read_factors(fitted(tmp_path, tail, layers, data)).items():
        (g,) = vectors(tokens, layer)
        exact = torch.outer(g, g)
        for approximation in (found.kfac, found.ekfac):
            assert_close(approximation.matrix(), exact, rtol=1e-8, atol=1e-12 * float(exact.abs().max()))


class Pointwise(nn.Module):
    """A softmax layer with weight 0: positions do not see one another, and every label is equally probable."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, classes, bias=False, dtype=torch.float64)
        nn.init.zeros_(self.layer.weight)

    def forward(self, states):
        return self.layer(states)


def test_kfac_has_the_scale_of_a_text_not_of_a_token(tmp_path):
    r"""At W = 0 K-FAC is exact: $G = \frac1n\sum_i\sum_t a_t a_t^\top \otimes S$ with $S = (I - 11^\top/V)/V$.

    Whatever label is drawn, $\lVert p - e_y\rVert^2 = 1 - 1/V$, so the trace of the fit is exact too.
    """
    texts = pack([[0, 1, 2, 3, 0], [1, 2], [3, 3, 1]], [1, 1, 1], 8, ["a", "b", "c"], pad=0)
    torch.manual_seed(0)
    states = torch.randn(*texts.inputs.shape, 5, dtype=torch.float64)
    model, data = Pointwise(5, 4), SequenceDataset(states, texts)
    found = read_factors(fitted(tmp_path, model, {"layer": model.layer}, data, task=LanguageTask))["layer"]
    squares = (states.square().sum(dim=-1) * data.weights).sum()
    assert float(found.kfac.eigenvalues.sum()) == pytest.approx(float(squares) / 3 * (1 - 1 / 4), rel=1e-12)
