"""Follow H = G + R along a training run: how large the residual term is, and where curvature is negative."""

import pandas as pd
import torch
from torch import Tensor
from torch.linalg import matrix_norm

from influence_lab.curvature.gauss_newton import gauss_newton, residual_term
from influence_lab.curvature.hessian import hessian, mean_loss
from influence_lab.curvature.pseudo_gradients import parameter_gradients, training_gradients
from influence_lab.evaluations.damping import damped_hessian, damped_spectra
from influence_lab.models.layered import Network
from influence_lab.models.losses import Loss


def decomposition(
    network: Network, loss: Loss, checkpoints: Tensor, inputs: Tensor, targets: Tensor, dampings: list[float]
) -> tuple[pd.DataFrame, dict[str, Tensor]]:
    r"""Norms and extreme eigenvalues of H, G and R at every checkpoint of every seed, and what damping does to H.

    Args:
        network: y = f(θ, x).
        loss: L(y, t).
        checkpoints: parameters, shape (seeds, steps, p).
        inputs: shape (n, d).
        targets: classes (n,) or values (n, K).
        dampings: the λ of the spectra of G + λI.

    Returns:
        A table with a row for each seed and checkpoint (by their indices): the loss; `residual_share`,
        $\|R\|/(\|G\| + \|R\|)$; `identity_error`, $\|H - G - R\|/\|H\|$; the smallest eigenvalues of H and G; and the
        facts of `damped_hessian`, missing where H has no negative eigenvalue.
        And spectra, ascending: of H and G, each of shape (seeds, steps, p), and of the matrices G + λI under "damped",
        shape (seeds, steps, dampings, p).
    """
    seeds, steps, size = checkpoints.shape
    spectra = {"hessian": torch.zeros_like(checkpoints), "gauss_newton": torch.zeros_like(checkpoints)}
    spectra["damped"] = torch.zeros(seeds, steps, len(dampings), size, dtype=checkpoints.dtype)
    rows = []
    for seed, run in enumerate(checkpoints):
        for step, parameters in enumerate(run):
            objective = mean_loss(network, loss, inputs, targets)
            H = hessian(objective, parameters)
            G = gauss_newton(network, loss, parameters, inputs, targets)
            R = residual_term(network, loss, parameters, inputs, targets)
            output_gradients = training_gradients(loss, network.outputs(parameters, inputs), targets)
            gradients = parameter_gradients(network, parameters, inputs, output_gradients)[:, 0]
            spectra["hessian"][seed, step] = torch.linalg.eigvalsh((H + H.T) / 2)
            spectra["gauss_newton"][seed, step] = torch.linalg.eigvalsh((G + G.T) / 2)
            spectra["damped"][seed, step] = damped_spectra((G + G.T) / 2, dampings)
            rows.append(
                {
                    "seed": seed,
                    "checkpoint": step,
                    "loss": float(objective(parameters)),
                    "residual_share": float(matrix_norm(R) / (matrix_norm(G) + matrix_norm(R))),
                    "identity_error": float(matrix_norm(H - G - R) / matrix_norm(H)),
                    "hessian_smallest": float(spectra["hessian"][seed, step, 0]),
                    "gauss_newton_smallest": float(spectra["gauss_newton"][seed, step, 0]),
                }
                | damped_hessian((H + H.T) / 2, gradients)
            )
    return pd.DataFrame(rows), spectra
