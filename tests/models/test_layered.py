import pytest
import torch

from influence_lab.models.layered import Network

NETWORKS = [Network((3, 4, 2)), Network((3, 2), "identity"), Network((2, 3, 3, 2), "identity")]


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_module_of_linear_layers_is_the_same_function(network):
    parameters = network.initial(0)
    inputs = torch.randn(5, network.widths[0], dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(network.module(parameters)(inputs), network.outputs(parameters, inputs), rtol=1e-13)


def test_columns_of_each_layer_are_stacked():
    """So that the vector of s aᵀ is a ⊗ s, as the Kronecker factors take it."""
    network, a, s = Network((2, 3)), torch.tensor([1.0, 2.0, 3.0]), torch.tensor([5.0, 7.0, 11.0])
    assert torch.equal(network.layers(torch.kron(a, s))[0], torch.outer(s, a))


def test_identity_network_is_a_product_of_matrices():
    network = Network((2, 3, 2), "identity")
    first, second = network.layers(network.initial(0))
    inputs = torch.eye(2, dtype=torch.float64)
    expected = (inputs @ first[:, :-1].T + first[:, -1]) @ second[:, :-1].T + second[:, -1]
    assert torch.allclose(network.outputs(network.initial(0), inputs), expected, rtol=1e-14)
