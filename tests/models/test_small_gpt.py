import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from torch.func import functional_call, hessian, jvp, vmap

from influence_lab.models.small_gpt import Architecture, SmallGPT

ARCHITECTURE = Architecture(vocabulary=11, context=6, width=8, heads=2, layers=2)


@pytest.fixture
def model():
    return SmallGPT(ARCHITECTURE, seed=1).double()


@pytest.fixture
def inputs():
    return torch.tensor([[3, 1, 4, 1, 5, 9], [2, 6, 5, 3, 5, 8]])


def straightforward(p, tokens, heads):
    """One text's logits in numpy, position by position and head by head."""

    def normed(x):
        return (x - x.mean()) / np.sqrt(x.var() + 0.1)

    def linear(name, x):
        return p[f"{name}.weight"] @ x + p[f"{name}.bias"]

    stream = [p["tokens.weight"][token] + p["positions.weight"][place] for place, token in enumerate(tokens)]
    for block in ("blocks.0", "blocks.1"):
        read = []
        for place in range(len(stream)):
            before = [normed(x) for x in stream[: place + 1]]
            query = np.split(linear(f"{block}.attention.query", before[-1]), heads)
            keys = [np.split(linear(f"{block}.attention.key", x), heads) for x in before]
            values = [np.split(linear(f"{block}.attention.value", x), heads) for x in before]
            mixed = []
            for head in range(heads):
                scores = np.exp([query[head] @ key[head] / np.sqrt(len(key[head])) for key in keys])
                mixed.append(sum(s * value[head] for s, value in zip(scores / scores.sum(), values, strict=True)))
            read.append(linear(f"{block}.attention.output", np.concatenate(mixed)))
        stream = [x + more for x, more in zip(stream, read, strict=True)]
        inner = [linear(f"{block}.mlp.up", normed(x)) for x in stream]
        stream = [x + linear(f"{block}.mlp.down", h / (1 + np.exp(-h))) for x, h in zip(stream, inner, strict=True)]
    return np.array([p["unembedding.weight"] @ normed(x) for x in stream])


def test_logits_are_those_of_a_straightforward_computation(model, inputs):
    """In double precision, a few hundred operations deep: 1e-12."""
    parameters = {name: values.detach().numpy() for name, values in model.named_parameters()}
    expected = [straightforward(parameters, text, ARCHITECTURE.heads) for text in inputs.tolist()]
    assert_allclose(model(inputs).detach().numpy(), np.array(expected), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("place", range(5))
def test_no_logit_depends_on_a_later_token_exactly(model, inputs, place):
    changed = inputs.clone()
    changed[:, place + 1 :] = (changed[:, place + 1 :] + 1) % ARCHITECTURE.vocabulary
    before, after = model(inputs)[:, : place + 1], model(changed)[:, : place + 1]
    assert torch.equal(before, after)
    assert not torch.equal(model(inputs)[:, place + 1], model(changed)[:, place + 1])


def test_a_shorter_text_has_the_logits_of_its_beginning(model, inputs):
    assert_allclose(model(inputs[:, :4]).detach(), model(inputs)[:, :4].detach(), rtol=1e-13)


def test_a_seed_gives_the_same_start_and_another_seed_another():
    first, second, other = (SmallGPT(ARCHITECTURE, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["tokens.weight"], other["tokens.weight"])


def test_all_but_the_embeddings_are_linear_layers_and_none_is_shared(model):
    linear = sum(p.numel() for m in model.modules() if isinstance(m, nn.Linear) for p in m.parameters())
    embeddings = ARCHITECTURE.width * (ARCHITECTURE.vocabulary + ARCHITECTURE.context)
    assert sum(p.numel() for p in model.parameters()) == linear + embeddings


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own, at its first forward mode
def test_torch_func_differentiates_it_twice(model, inputs):
    """The Hessian by its columns: a directional derivative of the gradient, and symmetric."""
    parameters = {name: values.detach() for name, values in model.named_parameters()}
    name = "blocks.0.attention.query.weight"

    def loss(weight):
        return functional_call(model, parameters | {name: weight}, (inputs,)).square().mean()

    size = parameters[name].numel()
    whole = hessian(loss)(parameters[name]).reshape(size, size)
    assert_allclose(whole, whole.T, atol=1e-12)
    direction = torch.randn(parameters[name].shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    product = jvp(torch.func.grad(loss), (parameters[name],), (direction,))[1]
    assert_allclose(product.flatten(), whole @ direction.flatten(), atol=1e-12)


def test_gradients_of_texts_side_by_side_are_those_of_each_alone(model, inputs):
    parameters = {name: values.detach() for name, values in model.named_parameters()}

    def loss(values, text):
        return functional_call(model, values, (text[None],)).square().sum()

    together = vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, inputs)
    alone = torch.func.grad(loss)(parameters, inputs[1])
    for name in parameters:
        assert_allclose(together[name][1], alone[name], rtol=1e-9, atol=1e-12)
