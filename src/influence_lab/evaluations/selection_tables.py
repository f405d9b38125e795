"""Scores after fine-tuning, by strategy and budget, and paired differences between strategies."""

import numpy as np
import pandas as pd

from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray
Pair = tuple[float, float]
Way = tuple[str, str]  # strategy and rule
CURVE = ["strategy", "rule", "budget", "mean", "half"]


def curves(table: pd.DataFrame, model: str, value: str = "score") -> pd.DataFrame:
    """Mean over seeds with the half-width of its 95 % interval (Student's t), by strategy, rule and budget."""
    part = table[table["model"] == model]
    rows = [
        (*key, *mean_interval(group[value].to_numpy()))
        for key, group in part.groupby(["strategy", "rule", "budget"], sort=False)
    ]
    return pd.DataFrame(rows, columns=CURVE)


def differences(table: pd.DataFrame, model: str, first: Way, second: Way, value: str = "score") -> pd.DataFrame:
    """One way's value minus another's, paired; a row a seed, a column a budget.

    Raises:
        KeyError: a way that was not tried.
    """
    wide = table[table["model"] == model].pivot(index="seed", columns=["strategy", "rule", "budget"], values=value)
    wide = wide.sort_index(axis=1)
    return wide[first] - wide[second]


def gain(table: pd.DataFrame, model: str, first: Way, second: Way, value: str = "score") -> Pair:
    """Mean difference over budgets, then over seeds, with the half-width of its 95 % interval over seeds.

    >>> rows = [("m", way, "turns", budget, seed, score) for way, seed, budget, score in
    ...     [("a", 0, 1, 3.0), ("a", 1, 1, 4.0), ("b", 0, 1, 1.0), ("b", 1, 1, 2.0)]]
    >>> table = pd.DataFrame(rows, columns=["model", "strategy", "rule", "budget", "seed", "score"])
    >>> gain(table, "m", ("a", "turns"), ("b", "turns"))
    (2.0, 0.0)
    """
    return mean_interval(differences(table, model, first, second, value).mean(axis=1).to_numpy())


def gains(table: pd.DataFrame, model: str, ways: list[Way], reference: Way) -> pd.DataFrame:
    """`gain` of several ways over one: columns strategy, rule, mean, half, seconds (of scoring, mean over seeds)."""
    part = table[table["model"] == model].set_index(["strategy", "rule"])
    rows = [(*way, *gain(table, model, way, reference), float(part.loc[[way], "seconds"].mean())) for way in ways]
    return pd.DataFrame(rows, columns=["strategy", "rule", "mean", "half", "seconds"])


def mean_score(table: pd.DataFrame, model: str, strategy: str, value: str = "score") -> float:
    """Mean of a column over seeds and budgets; where choices are made in two ways, of those by turns."""
    part = table[(table["model"] == model) & (table["strategy"] == strategy) & (table["rule"] != "sum")]
    return float(part[value].mean())


def removal_over_random(removals: pd.DataFrame, strategy: str) -> Pair:
    """The fall without a strategy's top texts minus the mean fall without random ones, paired over seeds.

    Args:
        removals: columns strategy, draw, seed, fall.
        strategy: whose texts are removed.
    """
    falls = removals.groupby(["seed", "strategy"])["fall"].mean().unstack()
    return mean_interval((falls[strategy] - falls["random"]).to_numpy())


def chosen_shares(table: pd.DataFrame, model: str, budget: int, groups: tuple[str, ...]) -> pd.DataFrame:
    """Mean share of each group of texts in the choices by turns of a budget; columns strategy and the groups."""
    part = table[(table["model"] == model) & (table["rule"] == "turns") & (table["budget"] == budget)]
    return part.groupby("strategy", sort=False)[list(groups)].mean().div(budget).reset_index()
