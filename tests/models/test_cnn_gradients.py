import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.func import functional_call, grad, vmap

from influence_lab.models.cnn_gradients import SmallCNN, check_features, write_gradients

SHAPES = [(3, 3, 3, 32), (3, 3, 32, 64), (3, 3, 64, 64), (256, 64), (64, 10)]


def weights(seed=0):
    rng = np.random.default_rng(seed)
    arrays = []
    for shape in SHAPES:
        arrays += [rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1])), 0.1 * rng.normal(size=shape[-1])]
    return {f"w{number:03d}": array.astype(np.float32) for number, array in enumerate(arrays)}


class Reference(torch.nn.Module):
    """The same network from torch's own layers, differentiated by torch."""

    def __init__(self, stored):
        super().__init__()
        self.convolutions = torch.nn.ModuleList([torch.nn.Conv2d(*c, 3) for c in ((3, 32), (32, 64), (64, 64))])
        self.dense = torch.nn.ModuleList([torch.nn.Linear(256, 64), torch.nn.Linear(64, 10)])
        for number, layer in enumerate([*self.convolutions, *self.dense]):
            kernel, bias = (torch.from_numpy(stored[f"w{2 * number + part:03d}"]) for part in (0, 1))
            layer.weight.data = kernel.permute(3, 2, 0, 1).contiguous() if kernel.ndim == 4 else kernel.T.contiguous()
            layer.bias.data = bias

    def forward(self, x):
        for layer in self.convolutions:
            x = F.max_pool2d(torch.relu(layer(x)), 2)
        x = torch.relu(self.dense[0](x.permute(0, 2, 3, 1).flatten(1)))
        return self.dense[1](x)


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)


def channels_first(images):
    return torch.from_numpy(images).float().div(255).permute(0, 3, 1, 2)


def test_logits_are_those_of_torchs_own_layers(images):
    stored = weights()
    layers = SmallCNN(stored).layers(images)
    assert len(layers.inputs) == len(layers.outputs) == 5
    torch.testing.assert_close(layers.outputs[-1], Reference(stored)(channels_first(images)), rtol=1e-4, atol=1e-5)


def test_network_has_the_parameters_of_the_report():
    """Three poolings leave 2 × 2 × 64 = 256 numbers for the dense layer."""
    assert SmallCNN(weights()).size == 73418


def test_gradients_of_every_image_are_those_of_automatic_differentiation(images):
    """Every parameter of every layer; single precision, sums of up to 900 places."""
    stored, labels = weights(), torch.tensor([0, 3, 9, 3])
    network, reference = SmallCNN(stored), Reference(stored)
    parameters = {name: value.detach() for name, value in reference.named_parameters()}

    def margin(values, x, y):
        logits = functional_call(reference, values, (x[None],))[0]
        probability = torch.softmax(logits.double(), 0) @ y
        return torch.log(probability / (1 - probability))

    each = vmap(grad(margin), in_dims=(None, 0, 0))(parameters, channels_first(images), F.one_hot(labels, 10).double())
    expected = []
    for layer in [*(f"convolutions.{k}" for k in range(3)), *(f"dense.{k}" for k in range(2))]:
        kernel = each[f"{layer}.weight"]
        # patches have the channel first, then the place in the patch
        kernel = kernel.flatten(2).transpose(1, 2)
        expected += [kernel.flatten(1), each[f"{layer}.bias"]]
    pairs, wrong = network.margin_gradients(images, labels)
    ours = write_gradients(pairs, torch.empty(4, network.size))
    torch.testing.assert_close(ours, torch.cat(expected, 1).float(), rtol=1e-3, atol=1e-4)
    p = torch.softmax(reference(channels_first(images)), 1)[torch.arange(4), labels]
    torch.testing.assert_close(wrong, (1 - p).detach(), rtol=1e-4, atol=1e-6)


def test_margin_gradient_in_float32_is_the_difference_quotient_of_a_bias(images):
    """f moves with the bias of its own class by exactly 1 per unit."""
    network = SmallCNN(weights())
    labels = torch.tensor([1, 2, 3, 4])
    pairs, _ = network.margin_gradients(images, labels)
    gradients = write_gradients(pairs, torch.empty(4, network.size))
    torch.testing.assert_close(gradients[torch.arange(4), network.size - 10 + labels], torch.ones(4))


def test_weights_of_another_network_are_refused():
    with pytest.raises(ValueError, match="the small CNN has 10 arrays"):
        SmallCNN({name: array for name, array in weights().items() if name != "w009"})


def test_features_of_another_network_are_noticed():
    stored = weights()
    images = np.random.default_rng(2).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    features = SmallCNN(stored).layers(images).inputs[-1].detach().numpy()
    check_features(SmallCNN(stored), images, features)
    with pytest.raises(ValueError, match="another network"):
        check_features(SmallCNN(weights(seed=1)), images, features)
