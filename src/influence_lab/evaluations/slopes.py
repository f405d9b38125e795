"""Orders of convergence, read off log-log plots."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

Array = np.ndarray

FLOOR = 1e-12  # errors below this share of the step are rounding: 2.2e-16 times a condition number of 5e2, and ten
FEWEST = 6  # values of |ε| that a slope needs


@dataclass(frozen=True)
class Slope:
    """Slope of log(error) on log(ε), the half-width of its regression (see `log_log_slope`), the line's intercept."""

    slope: float
    half_width: float
    intercept: float

    def line(self, epsilon: Array) -> Array:
        """The fitted errors at these ε."""
        return np.exp(self.intercept) * np.asarray(epsilon) ** self.slope


def log_log_slope(epsilon: Array, error: Array) -> Slope:
    """Ordinary least squares of log(error) on log(ε), with a half-width that measures how straight the plot is.

    The half-width is the one that would be a 95 % confidence interval (Student's, k − 2 degrees of freedom) if the
    points scattered about a line at random. Here nothing is sampled: the residuals are terms of higher order, and the
    half-width says how far the points are from a straight line. To judge slope ± half-width by a rule is therefore
    stricter than to judge the slope alone.

    Args:
        epsilon: positive, shape (k,), k ≥ 3.
        error: positive, shape (k,).

    Raises:
        ValueError: an ε or an error is not positive, as when an approximation is exact.

    >>> round(log_log_slope(np.array([0.1, 0.2, 0.4]), np.array([0.01, 0.04, 0.16])).slope, 12)
    2.0
    """
    if np.min(epsilon) <= 0 or np.min(error) <= 0:
        raise ValueError("a log-log slope needs ε > 0 and errors > 0; an error of 0 means that the formula is exact")
    fit = stats.linregress(np.log(epsilon), np.log(error))
    half_width = fit.stderr * stats.t.ppf(0.975, len(epsilon) - 2)
    return Slope(float(fit.slope), float(half_width), float(fit.intercept))


def symmetrised(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Geometric mean of an error over ±ε for each model, point and |ε|: in its logarithm the odd orders of ε cancel.

    What is left is closer to a straight line than the error for one sign of ε. Given rows of one sign only, this
    leaves them as they are.

    Errors below `FLOOR` times the step are left out, and so are points for which fewer than `FEWEST` |ε| remain.

    Args:
        table: columns `model`, `point`, `scaled` (ερ, of either sign), `step` (norm) and the error's.
        column: name of the error's column.

    Returns:
        Columns `model`, `point`, `scaled` (|ε|ρ) and `error`.
    """
    kept = table.assign(scaled=table["scaled"].abs().round(12), error=np.log(table[column]))
    kept["share"] = table[column] / table["step"]
    groups = kept.groupby(["model", "point", "scaled"], sort=False, as_index=False)
    means = groups.agg(error=("error", "mean"), share=("share", "min")).query("share > @FLOOR").drop(columns="share")
    left = means.groupby(["model", "point"])["error"].transform("size")
    return means[left >= FEWEST].assign(error=lambda rows: np.exp(rows["error"])).reset_index(drop=True)


def slopes_by_point(table: pd.DataFrame, column: str) -> list[Slope]:
    """The log-log slope of an error in |ε|ρ for each model and point of a table of responses (see `symmetrised`)."""
    groups = symmetrised(table, column).groupby(["model", "point"], sort=False)
    return [log_log_slope(group["scaled"].to_numpy(), group["error"].to_numpy()) for _, group in groups]


def farthest(slopes: list[Slope], expected: float) -> Slope:
    """The slope that agrees least with `expected`: a claim about several points is judged by it.

    Raises:
        ValueError: there is no slope, all errors being rounding.
    """
    if not slopes:
        raise ValueError(f"no point has {FEWEST} errors above rounding ({FLOOR:g} of the step); use larger ε")
    return max(slopes, key=lambda slope: abs(slope.slope - expected))


def worst(table: pd.DataFrame, column: str, expected: float) -> tuple[float, float]:
    """The slope farthest from `expected` over the models and points of a table, and its half-width."""
    slope = farthest(slopes_by_point(table, column), expected)
    return slope.slope, slope.half_width


def local_slopes(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Slopes between one |ε| and the next, which no choice of a range enters.

    Returns:
        Columns `model`, `point`, `scaled` (the geometric mean of the two |ε|ρ) and `slope`, by growing |ε|.
    """
    means = symmetrised(table, column).sort_values(["model", "point", "scaled"])
    logs = means.assign(scaled=np.log(means["scaled"]), slope=np.log(means["error"]))
    steps = logs.groupby(["model", "point"])[["scaled", "slope"]].diff()
    middle = np.exp(logs["scaled"] - steps["scaled"] / 2)
    return means[["model", "point"]].assign(scaled=middle, slope=steps["slope"] / steps["scaled"]).dropna()
