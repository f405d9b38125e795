"""Leave-one-out effects over several seeds: how large is their spread beside them?"""

import numpy as np

from influence_lab.models.retraining import logits
from influence_lab.models.retraining_work import Training

Array = np.ndarray


def noise_to_effect(effects: Array) -> Array:
    r"""$\mathrm{sd}/|\mathrm{mean}|$ over seeds of each pair's effect, with the unbiased variance; shape of the rest.

    For S seeds of pure noise the mean is of size $\mathrm{sd}/\sqrt S$, and the ratio's median about $1.5\sqrt S$.

    Args:
        effects: shape (seeds, ...).
    """
    return effects.std(axis=0, ddof=1) / np.abs(effects.mean(axis=0))


def noise_alone(seeds: int, draws: int = 20_000) -> float:
    """Median of the same ratio where there is no effect at all, from normal draws."""
    return float(np.median(noise_to_effect(np.random.default_rng(0).standard_normal((seeds, draws)))))


def leave_one_out_effects(retrained: dict[str, Array], training: Training, X: Array, y: Array) -> tuple[Array, Array]:
    """Losses at some points after training with all points, (seeds, m), and their changes without each, (seeds, n, m).

    Args:
        retrained: of `leave_one_out_retrainings`.
        training: gives the network.
        X: inputs, shape (m, d).
        y: labels, shape (m,).
    """
    losses = []
    for whole, without in zip(retrained["theta"], retrained["theta_without"], strict=True):
        f = logits(np.concatenate([whole[None], without]), training, X).astype(np.float64)
        losses.append(np.logaddexp(0, f) - y * f)
    losses = np.array(losses)
    return losses[:, 0], losses[:, 1:] - losses[:, :1]
