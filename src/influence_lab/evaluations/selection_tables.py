"""Scores after fine-tuning, by strategy and budget, and paired differences between strategies."""

import numpy as np
import pandas as pd

from influence_lab.evaluations.intervals import mean_interval

Array = np.ndarray
Pair = tuple[float, float]
Way = tuple[str, str]  # strategy and rule
CURVE = ["strategy", "rule", "budget", "mean", "half"]


def curves(table: pd.DataFrame, model: str) -> pd.DataFrame:
    """Mean over seeds with the half-width of its 95 % interval (Student's t), by strategy, rule and budget."""
    part = table[table["model"] == model]
    rows = [
        (*key, *mean_interval(group["score"].to_numpy()))
        for key, group in part.groupby(["strategy", "rule", "budget"], sort=False)
    ]
    return pd.DataFrame(rows, columns=CURVE)


def differences(table: pd.DataFrame, model: str, first: Way, second: Way) -> pd.DataFrame:
    """One way's score minus another's, paired; a row a seed, a column a budget.

    Raises:
        KeyError: a way that was not tried.
    """
    wide = table[table["model"] == model].pivot(index="seed", columns=["strategy", "rule", "budget"], values="score")
    wide = wide.sort_index(axis=1)
    return wide[first] - wide[second]


def gain(table: pd.DataFrame, model: str, first: Way, second: Way, together: int = 1) -> Pair:
    """Mean difference over budgets, then over seeds, with the half-width of its 95 % interval over seeds.

    With `together`, so many intervals hold all at once with 95 % (`mean_interval`).

    >>> rows = [("m", way, "turns", budget, seed, score) for way, seed, budget, score in
    ...     [("a", 0, 1, 3.0), ("a", 1, 1, 4.0), ("b", 0, 1, 1.0), ("b", 1, 1, 2.0)]]
    >>> table = pd.DataFrame(rows, columns=["model", "strategy", "rule", "budget", "seed", "score"])
    >>> gain(table, "m", ("a", "turns"), ("b", "turns"))
    (2.0, 0.0)
    """
    return mean_interval(differences(table, model, first, second).mean(axis=1).tolist(), together)


def gains(table: pd.DataFrame, model: str, ways: list[Way], reference: Way, together: int = 1) -> pd.DataFrame:
    """`gain` of several ways over one.

    Returns:
        Columns strategy, rule, mean, half, seconds (of scoring, mean over seeds).
    """
    part = table[table["model"] == model].set_index(["strategy", "rule"])
    rows = [
        (*way, *gain(table, model, way, reference, together), float(part.loc[[way], "seconds"].mean())) for way in ways
    ]
    return pd.DataFrame(rows, columns=["strategy", "rule", "mean", "half", "seconds"])


def mean_score(table: pd.DataFrame, model: str, strategy: str, value: str = "score") -> float:
    """Mean of a column over seeds and budgets; where choices are made in two ways, of those by turns."""
    part = table[(table["model"] == model) & (table["strategy"] == strategy) & (table["rule"] != "sum")]
    return float(part[value].mean())


def removal_over_random(removals: pd.DataFrame, strategy: str, together: int = 1) -> Pair:
    """The fall without a strategy's top texts minus the mean fall without random ones, paired over seeds.

    Args:
        removals: columns strategy, draw, seed, fall.
        strategy: whose texts are removed.
        together: intervals that are to hold at once.
    """
    falls = removals.groupby(["seed", "strategy"])["fall"].mean().unstack()
    return mean_interval((falls[strategy] - falls["random"]).to_numpy(), together)


def budget_gains(table: pd.DataFrame, model: str, first: Way, second: Way) -> pd.DataFrame:
    """Two ways budget by budget: what of their choices is the same, and the gain of the first over the second.

    Returns:
        Columns budget, identical (share of seeds with the same texts), shared (mean share of texts in both choices),
        mean and half (all intervals together).
    """
    part = table[table["model"] == model].set_index(["strategy", "rule"])
    chosen = [part.loc[[way]].set_index(["budget", "seed"])["texts"].str.split().map(set) for way in (first, second)]
    both = pd.concat(chosen, axis=1, keys=["one", "two"]).reset_index()
    both["identical"] = [one == two for one, two in zip(both["one"], both["two"], strict=True)]
    both["shared"] = [len(one & two) / len(one) for one, two in zip(both["one"], both["two"], strict=True)]
    gained = differences(table, model, first, second)
    shares = both.groupby("budget")[["identical", "shared"]].mean().reset_index()
    pairs = [mean_interval(gained[budget].to_numpy(), gained.shape[1]) for budget in shares["budget"]]
    return shares.assign(mean=[mean for mean, _ in pairs], half=[half for _, half in pairs])


def chosen_shares(table: pd.DataFrame, model: str, budget: int, groups: tuple[str, ...]) -> pd.DataFrame:
    """Mean share of each group of texts in the choices by turns of a budget; columns strategy and the groups."""
    part = table[(table["model"] == model) & (table["rule"] == "turns") & (table["budget"] == budget)]
    return part.groupby("strategy", sort=False)[list(groups)].mean().div(budget).reset_index()
