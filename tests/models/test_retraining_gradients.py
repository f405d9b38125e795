"""The engine's written-out derivatives against autograd on the objectives as they are defined."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch.nn.functional import binary_cross_entropy_with_logits as logistic

from influence_lab.models.layered import ACTIVATIONS
from influence_lab.models.retraining import logits
from influence_lab.models.retraining_stack import with_ones
from influence_lab.models.retraining_train import Chunk
from tests.models.retraining_cases import SIZE, TRAINING, proximal_work, small_work

PROXIMAL = replace(TRAINING, proximity=0.3)
CASES = {
    "loss": replace(TRAINING, decay=0.2),
    "l1": replace(TRAINING, l1=0.2),
    "loss, masked": replace(PROXIMAL, absent="masked", decay=0.2),
    "proximal": PROXIMAL,
    "bregman": replace(PROXIMAL, objective="bregman", absent="masked"),
}


def objective(theta, work, training, model):
    """The definitions in the docstring of `Training`, literally, for one model."""
    network = training.network(2)
    X, y, w = (torch.tensor(array) for array in (work.X, work.y, work.weights[model]))
    anchor = torch.tensor(work.anchors[model])
    f = network.outputs(theta, X)[:, 0]
    losses = logistic(f, y, reduction="none")
    if training.objective == "bregman":
        f_s = network.outputs(anchor, X)[:, 0].requires_grad_()
        at_anchor = logistic(f_s, y, reduction="none")
        slope = torch.autograd.grad(at_anchor.sum(), f_s)[0]
        total = (losses - at_anchor - slope * (f - f_s)).mean() + ((w - 1) / len(y) * losses).sum()
    else:
        total = (w * losses).sum() / (len(y) if training.absent == "masked" else (w != 0).sum())
    total = total + training.l1 * theta.abs().sum()
    return total + training.decay / 2 * theta @ theta + training.proximity / 2 * (theta - anchor).square().sum()


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus"])
@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_autograd(name, activation):
    training, work = replace(CASES[name], activation=activation), proximal_work()
    gradients = Chunk(work, training).full_gradient()
    for model in range(len(work)):
        theta = torch.tensor(work.starts[model], requires_grad=True)
        expected = torch.autograd.grad(objective(theta, work, training, model), theta)[0]
        assert_allclose(gradients[model], expected, rtol=1e-10, atol=1e-13)  # sums of 21 terms of order 1


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus"])
def test_gradients_with_dropout_are_those_of_autograd_with_the_same_masks(activation):
    training, work = replace(TRAINING, activation=activation, dropout=0.4), proximal_work()
    chunk = Chunk(work, training)
    random = torch.Generator().manual_seed(0)
    masks = [(torch.rand(len(work), 21, width, generator=random) >= 0.4).double() / 0.6 for width in training.hidden]
    inputs, scale = chunk.inputs.expand(len(work), -1, -1), torch.full((len(work), 21, 1), 1 / 21, dtype=torch.float64)
    chunk.differentiate(inputs, scale, scale * torch.tensor(work.y)[:, None], masks)
    X, y = torch.tensor(work.X), torch.tensor(work.y)
    for model in range(len(work)):
        theta = torch.tensor(work.starts[model], requires_grad=True)
        value = X
        for depth, layer in enumerate(training.network(2).layers(theta)):
            value = value if depth == 0 else ACTIVATIONS[activation](value) * masks[depth - 1][model]
            value = with_ones(value) @ layer.T
        expected = torch.autograd.grad(logistic(value[:, 0], y), theta)[0]
        assert_allclose(chunk.stack.gradient[model], expected, rtol=1e-10, atol=1e-13)  # as above


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_bregman_objective_is_stationary_at_the_anchor_whatever_the_anchor(activation):
    """ε = 0: θ^s is a minimiser even where the training loss has a gradient; and −∇L(z_j)/n is left when w_j = 0."""
    anchors = np.random.default_rng(1).standard_normal((2, SIZE))
    training = replace(CASES["bregman"], activation=activation)
    work = small_work(2, starts=anchors)
    work.weights[1] = 1
    work.weights[1, 4] = 0
    at_zero, without_one = Chunk(work, training).full_gradient()
    assert at_zero.norm() < 1e-15  # σ(f) − σ(f^s) of the same numbers, and θ − θ^s = 0
    theta = torch.tensor(anchors[1], requires_grad=True)
    f = training.network(2).outputs(theta, torch.tensor(work.X[4]))[0]
    loss = logistic(f, torch.tensor(work.y[4]))
    assert_allclose(without_one, -torch.autograd.grad(loss, theta)[0] / 21, rtol=1e-10, atol=1e-15)


def test_logits_are_the_network_s():
    work = proximal_work()
    expected = [TRAINING.network(2).outputs(torch.tensor(theta), torch.tensor(work.X))[:, 0] for theta in work.starts]
    assert_allclose(logits(work.starts, TRAINING, work.X), np.stack(expected), rtol=1e-12)
    assert_array_equal(logits(work.starts[:0], TRAINING, work.X).shape, (0, 21))
