"""How long a prediction holds while training goes on, from the arrays of `fading`."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray


def correlations_in_time(fading: dict[str, Array]) -> tuple[Array, Array]:
    """Correlation of predicted with measured effects after T steps, mean over test points.

    Returns:
        By influence, shape (dampings, seeds, T), and by the closed form of T steps, shape (seeds, T).
    """
    measured = fading["measured"]  # (seeds, T, m, k)
    by_influence = [correlations(each[:, None], measured).mean(axis=2) for each in fading["predicted"].swapaxes(0, 1)]
    return np.array(by_influence), correlations(fading["timed"], measured).mean(axis=2)


def early_over_late(
    predictions: Mapping[str, Array], steps: list[int], early: int, outcome: Callable[[float, float], str]
) -> pd.DataFrame:
    """Correlation after an early step minus that at each later end, paired over seeds: mean ± 95 % half-width, outcome.

    Args:
        predictions: by name, correlations of shape (seeds, T).
        steps: T.
        early: one of them.
        outcome: of a rule, from a mean and the half-width of its interval.
    """
    rows = []
    for name, found in predictions.items():
        row = {"prediction": name}
        for place in range(steps.index(early) + 1, len(steps)):
            mean, half = mean_interval(found[:, steps.index(early)] - found[:, place])
            row[f"end {steps[place]:,}"] = f"{mean:+.2f} ± {half:.2f} {outcome(mean, half)}"
        rows.append(row)
    return pd.DataFrame(rows)
