import pytest
import torch
from torch.testing import assert_close

from influence_lab.attributions.language_scores import position_scores
from influence_lab.attributions.loss_token_scores import loss_token_scores
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.attributions.token_table import text_scores
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import pack
from influence_lab.models.small_gpt import Architecture, SmallGPT

# torch compiles its forward derivatives on first use, in a way that it has deprecated itself
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")


@pytest.fixture
def case():
    """A GPT of two blocks in float64, its linear layers, four texts of different lengths, a random direction."""
    generator = torch.Generator().manual_seed(0)
    model = SmallGPT(Architecture(9, 8, 8, 2, 2)).double()
    layers = {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    tokens = [torch.randint(1, 9, (length,), generator=generator).tolist() for length in (7, 4, 8, 3)]
    texts = pack(tokens, [1, 1, 3, 1], 8, ["a", "b", "c", "d"], 0)
    data = SequenceDataset(torch.from_numpy(texts.inputs), texts)
    data.weights = data.weights.double()
    direction = {
        name: torch.randn(
            (layer.out_features, layer.in_features + (layer.bias is not None)), generator=generator, dtype=torch.float64
        )
        for name, layer in layers.items()
    }
    return model, layers, data, direction


def by_position(case, direction):
    model, layers, data, _ = case
    tokens, found = token_gradients(model, layers, data), torch.zeros_like(data.weights)
    scores = position_scores(direction, tokens).detach()
    for row in range(len(tokens)):
        here = tokens.rows(row)
        found[row, : here.stop - here.start] = scores[here]
    return found


def test_each_token_is_the_product_with_the_gradient_of_its_own_loss(case):
    model, layers, data, direction = case
    scores = loss_token_scores(model, direction, data, batch_size=3)
    parameters = {name: parameter.requires_grad_(True) for name, parameter in model.named_parameters()}
    for row, place in data.weights.nonzero().tolist():
        logits = model(data.inputs[row : row + 1])[0, place]
        loss = -logits.log_softmax(-1)[data.targets[row, place]]
        gradients = dict(zip(parameters, torch.autograd.grad(loss, list(parameters.values())), strict=True))
        expected = sum(
            (gradients[f"{name}.weight"] * V[:, : layers[name].in_features]).sum()
            + ((gradients[f"{name}.bias"] * V[:, -1]).sum() if layers[name].bias is not None else 0)
            for name, V in direction.items()
        )
        assert_close(scores[row, place], expected, rtol=1e-10, atol=1e-12)
    assert (scores[data.weights == 0] == 0).all()


def test_both_splits_sum_to_the_influence_of_the_text(case):
    """For layers without a bias the whole gradient is checked too."""
    model, layers, data, direction = case
    totals = loss_token_scores(model, direction, data).sum(dim=1)
    assert_close(by_position(case, direction).sum(dim=1), totals, rtol=1e-10, atol=1e-11)
    plain = {"unembedding": layers["unembedding"]}
    whole = torch.from_numpy(text_scores(model, plain, direction, data))
    unembedding = {"unembedding": direction["unembedding"]}
    assert_close(loss_token_scores(model, unembedding, data).sum(dim=1), whole, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(
    ("layer", "same"),
    [
        ("unembedding", True),
        ("blocks.1.mlp.up", True),
        ("blocks.1.mlp.down", True),
        ("blocks.0.mlp.up", False),
        ("blocks.1.attention.value", False),
    ],
)
def test_the_splits_are_one_where_nothing_later_mixes_positions(case, layer, same):
    """Reference, E11: in the unembedding a position serves the prediction of the next token alone."""
    model, _, data, direction = case
    one = {layer: direction[layer]}
    positions, losses = by_position(case, one), loss_token_scores(model, one, data)
    difference = float((positions - losses).norm() / positions.norm())
    assert difference < 1e-12 if same else difference > 1e-3
