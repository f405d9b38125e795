"""Text alternatives of figures, written from the numbers that are drawn."""

from collections.abc import Mapping

import pandas as pd


def describe(series: Mapping[str, pd.DataFrame], what: str) -> str:
    """Say how each curve runs: its first and last value, and its turning points or that it has none.

    Args:
        series: for each name a table: x in the first column, and `mean`.
        what: what the figure shows, without a full stop.

    Returns:
        A sentence for the figure and a clause for each curve.

    >>> rise = pd.DataFrame({"step": [0, 10, 20], "mean": [1.0, 0.5, 2.0]})
    >>> describe({"error": rise}, "Error by step")
    'Error by step. error: from 1 at 0 falling to 0.5 at 10, rising to 2 at 20.'
    """
    return f"{what}. " + "; ".join(f"{name}: {_course(table)}" for name, table in series.items()) + "."


def _course(table: pd.DataFrame) -> str:
    x, y = table.iloc[:, 0].tolist(), table["mean"].tolist()
    parts = [f"from {y[0]:.2g} at {x[0]:g}"]
    for index in range(1, len(y)):
        change = _direction(y[index - 1], y[index])
        if index == len(y) - 1 or _direction(y[index], y[index + 1]) != change:
            parts.append(f"{change} {y[index]:.2g} at {x[index]:g}")
    return f"{parts[0]} {', '.join(parts[1:])}" if len(parts) > 1 else parts[0]


def _direction(before: float, after: float) -> str:
    return "falling to" if after < before else "rising to" if after > before else "staying at"
