"""Sum or mean over the tokens of a sequence: what each does to G and to the Fisher information."""

import pandas as pd
import torch
from torch import Tensor

from influence_lab.curvature.fisher import sequence_fisher
from influence_lab.curvature.gauss_newton import sequence_gauss_newton
from influence_lab.evaluations.approximations import relative_error
from influence_lab.models.layered import Network
from influence_lab.models.losses import Categorical


def sum_and_mean(
    network: Network, loss: Categorical, parameters: Tensor, tokens: Tensor, lengths: range
) -> pd.DataFrame:
    r"""Compare F with G for sequences of the first T tokens, with the loss summed or averaged over them.

    All four matrices come from the derivatives of the sequence's own loss, once summed and once averaged; none is
    another one rescaled.

    Args:
        network: y = f(θ, x).
        loss: categorical, natural in its outputs, K classes.
        parameters: θ, shape (p,).
        tokens: input of each position, shape (longest, d).
        lengths: the T; every joint labelling is enumerated, $K^T$ of them.

    Returns:
        Columns T; mean_gap and sum_gap, $\|F - G\|/\|G\|$; factor_gap, $\|T F - G\|/\|G\|$ with the mean; G and F, the
        norm with the mean over that with the sum.
    """
    rows = []
    for T in lengths:
        any_label = torch.zeros(T, dtype=torch.int64)  # H_y does not depend on it
        sequence = tokens[:T]
        G_sum, G_mean = (
            sequence_gauss_newton(network, loss, parameters, sequence, any_label, reduction)
            for reduction in (torch.sum, torch.mean)
        )
        F_sum, F_mean = (
            sequence_fisher(network, loss, parameters, sequence, reduction) for reduction in (torch.sum, torch.mean)
        )
        rows.append(
            {
                "T": T,
                "mean_gap": relative_error(F_mean, G_mean),
                "sum_gap": relative_error(F_sum, G_sum),
                "factor_gap": relative_error(T * F_mean, G_mean),
                "G": float(G_mean.norm() / G_sum.norm()),
                "F": float(F_mean.norm() / F_sum.norm()),
            }
        )
    return pd.DataFrame(rows)
