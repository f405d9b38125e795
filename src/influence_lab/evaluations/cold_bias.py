"""The bias towards high losses on the report's network, beside leave-one-out retraining from the random start."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from influence_lab.attributions.relative import relative_influences
from influence_lab.evaluations.loss_bias import loss_correlation
from influence_lab.evaluations.noise import leave_one_out_effects
from influence_lab.models.toy import toy_network, toy_training

Array = np.ndarray


def cold_bias(data: dict[str, Array], retrained: dict[str, Array], toy: dict[str, Any], damping: float) -> pd.DataFrame:
    r"""Spearman correlation with the training loss of the size of influence and of the effect of a removal.

    Influence uses the damped Gauss-Newton matrix $G + \lambda I$: this network is not at a minimum, its Hessian is
    not positive definite. Sizes are means of absolute values over the test points.

    Args:
        data: arrays of `toy_data`.
        retrained: arrays of `leave_one_out_retrainings`.
        toy: the configuration's section.
        damping: λ.

    Returns:
        Columns `seed`, `score` (`raw`, `theta`, `ell`, `removal`), `bias` (the correlation), and `other_seeds`: for
        `removal` the mean Spearman correlation of its sizes with those of the other seeds, the most that any score
        could agree with one seed; missing for the other scores.
    """
    training, X, y = toy_training(toy), data["X_test"], data["y_test"]
    networks = [toy_network(data, training, theta) for theta in retrained["theta"]]
    removals = leave_one_out_effects(retrained, training, X, y)[1].swapaxes(1, 2)  # (seeds, m, n)
    sizes = stats.rankdata(np.abs(removals).mean(axis=1), axis=1)  # (seeds, n)
    agreement = np.corrcoef(sizes)  # of ranks: Spearman's
    rows = []
    for seed, network in enumerate(networks):
        curvature = network.gauss_newton() + damping * np.eye(network.network.size)
        scores = relative_influences(network.loss_gradients(X, y), network.train_gradients, curvature)
        train_losses = network.losses(network.X, network.y)
        biases = {name: loss_correlation(scores[name], train_losses) for name in ("raw", "theta", "ell")}
        biases["removal"] = loss_correlation(removals[seed], train_losses)
        others = np.delete(agreement[seed], seed).mean()
        rows += [(seed, name, bias, others if name == "removal" else np.nan) for name, bias in biases.items()]
    return pd.DataFrame(rows, columns=["seed", "score", "bias", "other_seeds"])
