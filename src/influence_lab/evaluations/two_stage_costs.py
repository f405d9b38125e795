"""What the measured costs of two stages say beside those of one; no model code is needed to read it."""

from typing import NamedTuple

import pandas as pd


class Fitted(NamedTuple):
    """Seconds of a fit by the number of texts.

    Attributes:
        fixed: of the eigendecompositions, whatever the number.
        each: a text.
    """

    fixed: float
    each: float


def fitted_line(table: pd.DataFrame, pairs: int, draws: int) -> Fitted:
    """The line through the second fit's seconds at `pairs` and `pairs · draws` texts."""
    seconds = table[table["part"] == "second factors"].groupby("way")["seconds"].mean()
    each = float(seconds["draws"] - seconds["two"]) / (pairs * (draws - 1))
    return Fitted(float(seconds["two"]) - pairs * each, each)


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Two stages over one in each repeat: columns repeat, seconds, peak_mb, and beyond_mb, without what is held."""
    whole = table.groupby(["way", "repeat"]).agg(
        seconds=("seconds", "sum"), peak_mb=("peak_mb", "max"), held_mb=("held_mb", "first")
    )
    whole["beyond_mb"] = whole["peak_mb"] - whole["held_mb"]
    return (whole.loc["two"] / whole.loc["single"])[["seconds", "peak_mb", "beyond_mb"]].reset_index()
