r"""The last layer of a trained network: a regression on what enters it, convex whatever the layers before."""

import numpy as np
import torch

from influence_lab.models.layered import Network
from influence_lab.models.problem import Array, Problem
from influence_lab.models.regression import LogisticRegression
from influence_lab.models.softmax import SoftmaxRegression


def features(network: Network, theta: Array, X: Array) -> Array:
    """What enters the last layer, with its 1: shape (n, width + 1), float64."""
    parameters = torch.as_tensor(np.asarray(theta, dtype=np.float64))
    return network.trace(parameters, torch.as_tensor(np.asarray(X, dtype=np.float64)))[1][-1].numpy()


def last_parameters(network: Network, theta: Array) -> Array:
    """Weights and bias of each output, one output after the other: shape (K (width + 1),), float64."""
    return network.layers(torch.as_tensor(np.asarray(theta, dtype=np.float64)))[-1].numpy().ravel()


def last_layer(network: Network, theta: Array, X: Array, y: Array) -> tuple[Problem, Array]:
    """The last layer as a problem of its own, the other layers held fixed, and its parameters.

    It is logistic regression for one output and softmax regression for several. Its outputs are linear in its
    parameters, so that its Hessian is its Gauss-Newton matrix, without any approximation.

    Args:
        network: with the logistic or the softmax loss.
        theta: all parameters, shape (p,).
        X: inputs of the network, shape (n, d).
        y: labels, shape (n,).
    """
    inputs, labels = features(network, theta, X), np.asarray(y, dtype=np.float64)
    outputs = network.widths[-1]
    problem = LogisticRegression(inputs, labels) if outputs == 1 else SoftmaxRegression(inputs, labels, classes=outputs)
    return problem, last_parameters(network, theta)
