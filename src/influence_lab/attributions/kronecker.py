"""Solves with the Kronecker-factored curvature of a network with one logit, layer by layer."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.special import expit

from influence_lab.curvature.ekfac import eigen_factors
from influence_lab.curvature.kfac import kronecker_factors, solve_in_bases
from influence_lab.curvature.pseudo_gradients import LayerGradients, layer_gradients
from influence_lab.models.logistic_network import LogisticNetwork

Array = np.ndarray
Bases = tuple[Array, Array, Array]  # Q_A, Q_S and Λ of a layer


def network_layers(network: LogisticNetwork) -> list[LayerGradients]:
    r"""Each layer's inputs and pseudo-gradients, for the expectation over the model's own labels.

    Label 1 has probability σ and logit gradient σ − 1, label 0 has 1 − σ and σ: the second moment is σ(1 − σ), so that
    one output gradient $\sqrt{\sigma(1 - \sigma)}$ a point stands for both labels.
    """
    p = expit(network.logits(network.X))
    roots = torch.as_tensor(np.sqrt(p * (1 - p)))[:, None, None]  # (n, 1, 1)
    theta = torch.as_tensor(network.theta)
    return layer_gradients(network.network, theta, torch.as_tensor(network.X), roots)


def kfac_bases(layer: LayerGradients) -> Bases:
    """Eigenvectors of A and S, and the products of their eigenvalues."""
    factors = kronecker_factors(layer)
    (a_values, a_basis), (s_values, s_basis) = (
        torch.linalg.eigh(factors.activation),
        torch.linalg.eigh(factors.gradient),
    )
    return a_basis.numpy(), s_basis.numpy(), torch.outer(s_values, a_values).numpy()


def ekfac_bases(layer: LayerGradients) -> Bases:
    """The same eigenvectors, with the eigenvalues fitted in them."""
    factors = eigen_factors(layer, kronecker_factors(layer))
    return factors.a_basis.numpy(), factors.s_basis.numpy(), factors.eigenvalues.numpy()


def kronecker_solve(
    network: LogisticNetwork, bases_of: Callable[[LayerGradients], Bases], right: Array, damping: float
) -> Array:
    r"""$(\hat G + \lambda I)^{-1} B$ with the block-diagonal Ĝ of K-FAC or EK-FAC (Grosse et al. 2023, 2.2).

    Args:
        network: trained.
        bases_of: `kfac_bases` or `ekfac_bases`.
        right: B, shape (p, m).
        damping: λ > 0, the same in every layer, so that the result can be compared with $(G + \lambda I)^{-1} B$.

    Returns:
        Shape (p, m).
    """
    solved = np.empty_like(right)
    for layer, block in zip(network_layers(network), network.network.blocks, strict=True):
        bases = bases_of(layer)
        for column in range(right.shape[1]):
            solved[block, column] = solve_in_bases(*bases, right[block, column], damping)
    return solved
