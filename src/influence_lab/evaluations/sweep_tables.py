"""How much agreement differs between swept networks, and how much of that chance alone would give."""

import numpy as np
import pandas as pd

from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray


def spread(by_seed: Array) -> Array:
    """Largest minus smallest mean over seeds, from (..., seeds, networks). Never negative, and above 0 by chance."""
    means = by_seed.mean(axis=-2)
    return means.max(axis=-1) - means.min(axis=-1)


def permuted_spreads(by_seed: Array, draws: int = 2000) -> Array:
    """`spread` when the networks of each seed are put in a random order: it does not matter which network it is.

    Args:
        by_seed: shape (seeds, networks).
        draws: orders.
    """
    random = np.random.default_rng(0)
    return spread(random.permuted(np.broadcast_to(by_seed, (draws, *by_seed.shape)), axis=2))


def sweep_table(sweeps: dict[str, Array]) -> pd.DataFrame:
    """A row a swept network, from the arrays of `architecture_sweeps`.

    Returns:
        Columns `sweep`, `label`, `mean` and `half` of the correlation over seeds, `ceiling`, and `loss` in training.
    """
    rows = []
    for place, (sweep, value) in enumerate(zip(sweeps["sweep"], sweeps["value"], strict=True)):
        agreement, ceiling = (sweeps[name][place].mean(axis=1) for name in ("correlation", "ceiling"))
        rows.append(
            (sweep, f"{sweep} {value:g}", *mean_interval(agreement), ceiling.mean(), sweeps["loss"][place].mean())
        )
    return pd.DataFrame(rows, columns=["sweep", "label", "mean", "half", "ceiling", "loss"])
