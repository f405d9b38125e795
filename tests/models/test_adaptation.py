import numpy as np
import torch
from torch.nn.functional import log_softmax
from torch.testing import assert_close

from influence_lab.models.adaptation import Adaptation, adapt, by_length, losses, only
from tests.models.language_cases import cut_model

ONE_STEP = Adaptation(epochs=1, batch_size=100, learning_rate=1e-3, seed=0)
SEVERAL = Adaptation(epochs=2, batch_size=2, learning_rate=1e-3, seed=0)


def loss_by_hand(tail, data, row):
    """Text by text without padding, the sum over its tokens written out."""
    length = int(data.lengths[row])
    logits = tail(data.inputs[row : row + 1, :length])[0]
    return -log_softmax(logits, dim=-1)[torch.arange(length), data.targets[row, :length]].sum()


def test_the_loss_of_a_text_is_the_sum_over_its_tokens():
    tail, _, data = cut_model()
    by_hand = torch.stack([loss_by_hand(tail, data, row) for row in range(len(data))]).detach()
    assert_close(losses(tail, data, batch_size=2), by_hand, rtol=1e-12, atol=0)


def test_a_step_descends_the_mean_over_texts():
    """Adam's first step is the learning rate times g / (|g| + 1e-8)."""
    tail, layers, data = cut_model()
    weights = only(tail, layers)
    objective = torch.stack([loss_by_hand(tail, data, row) for row in range(len(data))]).mean()
    by_hand = torch.autograd.grad(objective, weights)
    before = [weight.detach().clone() for weight in weights]
    adapt(tail, layers, data, {}, ONE_STEP)
    for weight, old, gradient in zip(weights, before, by_hand, strict=True):
        assert_close(weight.grad, gradient, rtol=1e-10, atol=1e-12)
        step = -ONE_STEP.learning_rate * gradient / (gradient.abs() + 1e-8)
        assert_close(weight.detach() - old, step, rtol=1e-6, atol=1e-12)


def test_everything_else_stays_bit_by_bit():
    tail, layers, data = cut_model()
    trained = {id(layer.weight) for layer in layers.values()}
    before = {name: parameter.detach().clone() for name, parameter in tail.named_parameters()}
    adapt(tail, layers, data, {}, SEVERAL)
    for name, parameter in tail.named_parameters():
        assert torch.equal(parameter, before[name]) == (id(parameter) not in trained)


def trained(seed):
    tail, layers, data = cut_model()
    history = adapt(tail, layers, data, {}, Adaptation(**vars(SEVERAL) | {"seed": seed}))
    return history, [layer.weight.detach() for layer in layers.values()]


def test_the_seed_orders_the_batches_and_nothing_else():
    (history, first), (again, same), (_, other) = trained(0), trained(0), trained(3)
    assert history.equals(again)
    assert all(torch.equal(*pair) for pair in zip(first, same, strict=True))
    assert not all(torch.equal(*pair) for pair in zip(first, other, strict=True))


def test_the_history_has_the_loss_of_a_token():
    tail, layers, data = cut_model()
    before = float(losses(tail, data).sum() / data.weights.sum())
    history = adapt(tail, layers, data, {"held_out": data}, SEVERAL)
    after = float(losses(tail, data).sum() / data.weights.sum())
    found = history.set_index(["split", "epoch"])["loss"]
    assert found["train"].index.tolist() == [0, 2]
    assert found["held_out"].index.tolist() == [0, 1, 2]
    assert found["train", 0] == found["held_out", 0] == before
    assert found["train", 2] == found["held_out", 2] == after
    assert after < before


def test_neighbours_in_length_share_a_batch():
    _, _, data = cut_model()
    assert data.lengths[by_length(data)].diff().ge(0).all()


def test_a_learning_rate_of_nothing_changes_nothing():
    tail, layers, data = cut_model()
    before = [layer.weight.detach().clone() for layer in layers.values()]
    adapt(tail, layers, data, {}, Adaptation(epochs=1, batch_size=2, learning_rate=0.0, seed=0))
    assert all(torch.equal(layer.weight, old) for layer, old in zip(layers.values(), before, strict=True))


def test_a_row_that_does_not_count_leaves_batches_and_divisors_as_they_are():
    """The first step's gradient lacks the row's share, 1/n of its loss's; what the row says plays no part."""
    tail, layers, data = cut_model()
    kept, weights = np.arange(1, len(data)), only(tail, layers)
    objective = sum(loss_by_hand(tail, data, row) for row in kept) / len(data)
    by_hand = torch.autograd.grad(objective, weights)
    assert torch.equal(by_length(data.counting(kept)), by_length(data))
    adapt(tail, layers, data.counting(kept), {}, ONE_STEP)
    for weight, gradient in zip(weights, by_hand, strict=True):
        assert_close(weight.grad, gradient, rtol=1e-10, atol=1e-12)
    assert float(data.weights[0].sum()) > 0  # the dataset itself is as it was


def test_a_batch_in_which_nothing_counts_does_no_harm():
    tail, layers, data = cut_model()
    only(tail, layers)
    alone = Adaptation(epochs=1, batch_size=1, learning_rate=1e-3, seed=0)
    before = [layer.weight.detach().clone() for layer in layers.values()]
    adapt(tail, layers, data.counting(np.array([0])), {"some": data}, alone)
    moved = [layer.weight.detach() for layer in layers.values()]
    assert all(torch.isfinite(weight).all() for weight in moved)
    assert not all(torch.equal(*pair) for pair in zip(before, moved, strict=True))
