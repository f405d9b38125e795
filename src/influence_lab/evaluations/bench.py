"""Speed as a ratio: each method against its alternative, timed in the same run."""

from typing import Any

import numpy as np
import pandas as pd

# (what is fast, what it replaces), by the names in the table of costs
COMPARISONS = (("G product", "G"), ("K-FAC", "blocks"), ("EK-FAC", "blocks"), ("blocks", "G"), ("G", "Hessian"))


def speed_ratios(costs: pd.DataFrame) -> list[dict[str, Any]]:
    """How many times faster each method is than its alternative, at the largest width where both were timed.

    Args:
        costs: columns width, parameters, method, repeat and seconds.

    Returns:
        For each comparison: method, alternative, width, parameters, and the median, least and largest of the ratios
        seconds(alternative) / seconds(method), repeat by repeat.

    Raises:
        ValueError: a method was never timed beside its alternative.
    """
    return [_compare(costs, method, alternative) for method, alternative in COMPARISONS]


def _compare(costs: pd.DataFrame, method: str, alternative: str) -> dict[str, Any]:
    pairs = pd.merge(
        costs[costs["method"] == method],
        costs[costs["method"] == alternative],
        on=["width", "parameters", "repeat"],
        suffixes=("", "_alternative"),
    )
    if pairs.empty:
        raise ValueError(f"{method} and {alternative} were not timed at the same width")
    largest = pairs[pairs["width"] == pairs["width"].max()]
    ratios = (largest["seconds_alternative"] / largest["seconds"]).to_numpy()
    return {
        "method": method,
        "alternative": alternative,
        "width": int(largest["width"].iloc[0]),
        "parameters": int(largest["parameters"].iloc[0]),
        "times_faster": float(np.median(ratios)),
        "least": float(ratios.min()),
        "most": float(ratios.max()),
    }
