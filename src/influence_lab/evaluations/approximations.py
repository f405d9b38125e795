"""How far the cheap approximations of G are from G, as matrices and in the order of influence scores."""

from collections.abc import Iterator

import pandas as pd
import torch
from scipy.stats import rankdata, zscore
from torch import Tensor

from influence_lab.curvature.blocks import block_diagonal
from influence_lab.curvature.ekfac import eigen_factors, literal_solve
from influence_lab.curvature.gauss_newton import gauss_newton
from influence_lab.curvature.kfac import kronecker_factors
from influence_lab.curvature.pseudo_gradients import (
    LayerGradients,
    layer_gradients,
    parameter_gradients,
    training_gradients,
)
from influence_lab.models.layered import Network
from influence_lab.models.losses import Loss

DAMPING_FACTORS = (0.01, 0.1, 1.0, 10.0)  # of the mean eigenvalue of G
LITERAL_DRAWS = 8
OWN_DAMPING = "EK-FAC, λ per layer"  # each layer damped by a factor of its own mean eigenvalue, as in practice


def relative_error(approximation: Tensor, exact: Tensor) -> float:
    r"""$\|\hat G - G\|_F / \|G\|_F$ for matrices, the same with Euclidean norms for vectors."""
    return float((approximation - exact).norm() / exact.norm())


def kronecker_error(layers: list[LayerGradients], exact: list[Tensor]) -> float:
    """Largest relative error of A ⊗ S over the layers, against the exact matrix of each layer."""
    return max(
        relative_error(kronecker_factors(layer).matrix(), block) for layer, block in zip(layers, exact, strict=True)
    )


def rank_agreement(scores: Tensor, reference: Tensor) -> float:
    """Spearman correlation over training points (columns), averaged over test points (rows)."""
    first, second = (zscore(rankdata(matrix, axis=1), axis=1) for matrix in (scores, reference))
    return float((first * second).mean())


def approximation_errors(
    network: Network,
    loss: Loss,
    parameters: Tensor,
    train: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
) -> Iterator[dict[str, float | str]]:
    r"""Errors of the block-diagonal matrix, K-FAC and EK-FAC at one point.

    Args:
        network: y = f(θ, x).
        loss: L(y, t).
        parameters: θ, shape (p,).
        train: inputs and targets of the training points.
        test: the same of the points whose loss is measured.

    Yields:
        Rows with `part` ("layer 1", ..., or "network"), `method` and `error`: relative, in Frobenius norm, to the
        layer's block or to the whole G. Rows of the network have `rank_agreement` too, the Spearman correlation of
        influence scores with those of the whole G, both damped by λ = `damping_factor` · trace(G)/p; there the method
        "dot product" has zero in place of G, and for `OWN_DAMPING` both EK-FAC and G are damped by
        $\lambda_\ell$ = `damping_factor` · $\mathrm{trace}(G_{\ell,\ell})/p_\ell$ in layer ℓ. The method "literal" is
        the error of one EK-FAC solve with the printed transposes, the least over `LITERAL_DRAWS` signs and orders of
        the eigenvectors.
    """
    inputs, targets = train
    G = gauss_newton(network, loss, parameters, inputs, targets)
    label_gradients = loss.label_gradients(network.outputs(parameters, inputs))
    layers = layer_gradients(network, parameters, inputs, label_gradients)
    gradient = _gradients(network, loss, parameters, *train)  # (n, p)
    parts: dict[str, list[Tensor]] = {"K-FAC": [], "EK-FAC": []}
    generator = torch.Generator().manual_seed(0)
    for number, (layer, block) in enumerate(zip(layers, network.blocks, strict=True), 1):
        factors = kronecker_factors(layer)
        corrected = eigen_factors(layer, factors)
        vector, damping = gradient[0, block], corrected.damping
        right = corrected.solve(vector, damping)
        draws = (literal_solve(layer, factors, vector, damping, generator) for _ in range(LITERAL_DRAWS))
        literal = min(relative_error(draw, right) for draw in draws)
        yield {"part": f"layer {number}", "method": "literal", "error": literal}
        for method, matrix in (("K-FAC", factors.matrix()), ("EK-FAC", corrected.matrix())):
            yield {"part": f"layer {number}", "method": method, "error": relative_error(matrix, G[block, block])}
            parts[method].append(matrix)

    equal, by_layer = _mean_eigenvalues(G, [slice(0, len(G))]), _mean_eigenvalues(G, network.blocks)
    candidates = {"G": G, "blocks": block_diagonal(G, network.blocks), "dot product": 0.0 * G}
    candidates |= {method: torch.block_diag(*matrices) for method, matrices in parts.items()}
    test_gradient = _gradients(network, loss, parameters, *test)
    candidates[OWN_DAMPING] = candidates["EK-FAC"]
    for diagonal, methods in ((equal, ("blocks", "K-FAC", "EK-FAC", "dot product")), (by_layer, (OWN_DAMPING,))):
        for factor in DAMPING_FACTORS:
            reference = _scores(test_gradient, G, gradient, factor * diagonal)
            for method in methods:
                scores = _scores(test_gradient, candidates[method], gradient, factor * diagonal)
                yield {
                    "part": "network",
                    "method": method,
                    "damping_factor": factor,
                    "error": relative_error(candidates[method], G),
                    "rank_agreement": rank_agreement(scores, reference),
                }


def approximation_table(
    network: Network, loss: Loss, checkpoints: Tensor, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]
) -> pd.DataFrame:
    """`approximation_errors` at every checkpoint of every seed: checkpoints of shape (seeds, steps, p)."""
    return pd.DataFrame(
        {"seed": seed, "checkpoint": step} | row
        for seed, run in enumerate(checkpoints)
        for step, parameters in enumerate(run)
        for row in approximation_errors(network, loss, parameters, train, test)
    )


def _gradients(network: Network, loss: Loss, parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Gradients of each example's own loss, shape (n, p)."""
    own = training_gradients(loss, network.outputs(parameters, inputs), targets)
    return parameter_gradients(network, parameters, inputs, own)[:, 0]


def _mean_eigenvalues(matrix: Tensor, blocks: list[slice]) -> Tensor:
    """For each parameter the mean eigenvalue of its diagonal block, shape (p,)."""
    return torch.cat([torch.diagonal(matrix)[block].mean().expand(block.stop - block.start) for block in blocks])


def _scores(test_gradient: Tensor, curvature: Tensor, gradient: Tensor, damping: Tensor) -> Tensor:
    """Influence scores (m, n) with a damping for each parameter."""
    factor = torch.linalg.cholesky(curvature + torch.diag(damping))
    return -test_gradient @ torch.cholesky_solve(gradient.T, factor)
