"""Leave-one-out effects over several seeds: how large is their spread beside them?"""

import numpy as np

from influence_lab.models.retraining import logistic_losses
from influence_lab.models.retraining_work import Training

Array = np.ndarray


def noise_to_effect(effects: Array) -> Array:
    r"""$\mathrm{sd}/|\mathrm{mean}|$ over seeds of each pair's effect, with the unbiased variance; shape of the rest.

    For S seeds of pure noise the mean is of size $\mathrm{sd}/\sqrt S$: a ratio far above 1 is no evidence of anything
    by itself. For normal noise the median is $1.35\sqrt S$ at S = 5 and $1.48\sqrt S$ for large S; heavier tails lower
    it. So compare with `random_signs`, which has the tails of the data.

    Args:
        effects: shape (seeds, ...).
    """
    return effects.std(axis=0, ddof=1) / np.abs(effects.mean(axis=0))


def median_noise(effects: Array) -> float:
    """Median of `noise_to_effect` over all pairs."""
    return float(np.median(noise_to_effect(effects)))


def random_signs(effects: Array, most: int = 31) -> Array:
    """`median_noise` when the effects of whole starts change sign: what starts that share no effect would give.

    Args:
        effects: shape (seeds, ...).
        most: patterns of signs; all those but the one without a change where there are fewer, drawn else.
    """
    signs = len(effects) - 1  # changing all of them changes nothing
    drawn = np.random.default_rng(0).choice(2**signs - 1, min(most, 2**signs - 1), replace=False) + 1
    changed = drawn[:, None] >> np.arange(signs) & 1
    patterns = np.column_stack([np.ones(len(drawn)), 1 - 2 * changed])
    return np.array([median_noise((each * effects.T).T) for each in patterns])


def same_sign(effects: Array) -> float:
    r"""Share of pairs whose effect has one sign at all seeds; $2^{1-S}$ by chance."""
    return float((np.abs(np.sign(effects).sum(axis=0)) == len(effects)).mean())


def leave_one_out_effects(retrained: dict[str, Array], training: Training, X: Array, y: Array) -> tuple[Array, Array]:
    """Losses at some points after training with all points, (seeds, m), and their changes without each, (seeds, n, m).

    Args:
        retrained: of `leave_one_out_retrainings`.
        training: gives the network.
        X: inputs, shape (m, d).
        y: labels, shape (m,).
    """
    losses = np.array(
        [
            logistic_losses(np.concatenate([whole[None], without]), training, X, y)
            for whole, without in zip(retrained["theta"], retrained["theta_without"], strict=True)
        ]
    )
    return losses[:, 0], losses[:, 1:] - losses[:, :1]
