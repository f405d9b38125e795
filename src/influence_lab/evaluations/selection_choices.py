"""From scores to a choice of texts within a budget."""

import numpy as np
import pandas as pd

from influence_lab.evaluations.top_removals import top_texts

Array = np.ndarray
SMALL, LARGE = "small GPT", "SmolLM2"
NOTHING, POOL = "nothing", "whole pool"
SUMMED = ("bm25", "ekfac_base", "ekfac", "two_stage")  # strategies whose choice by sums is trained on, too
REMOVED = ("ekfac", "two_stage", "tfidf")  # strategies whose top texts are removed from the pool
GROUPS = ("carriers", "backward", "wrong", "about", "off")
GRADIENT_GROUPS = ("carriers", "backward", "wrong")  # texts whose gradients are followed


def by_sum(scores: Array, budget: int, seed: int) -> tuple[int, ...]:
    """The texts with the largest sum of scores (questions, texts) over questions, ascending; ties drawn once.

    To first order this is the best for the mean over questions, if scores are influences: their effects add up.

    >>> by_sum(np.array([[3.0, 2.0, 0.0], [0.0, 2.0, 2.5]]), 1, seed=0)
    (1,)
    """
    return top_texts(scores.sum(axis=0), budget, seed)


def by_turns(scores: Array, budget: int, seed: int) -> tuple[int, ...]:
    """Each question in turn names the text with its largest score among those left; ascending, ties drawn once.

    No question is forgotten, as it can be in a sum, where one with large scores, or with texts that say the same again,
    takes the budget of all.

    >>> by_turns(np.array([[3.0, 2.0, 0.0], [0.0, 2.0, 2.5]]), 2, seed=0)
    (0, 2)
    """
    order = np.random.default_rng(seed).permutation(scores.shape[1])
    lists = [order[np.argsort(-row[order], kind="stable")].tolist() for row in scores]
    chosen: dict[int, None] = {}
    while len(chosen) < min(budget, scores.shape[1]):
        wishes = lists[len(chosen) % len(lists)]
        chosen[next(text for text in wishes if text not in chosen)] = None
    return tuple(sorted(chosen))


RULES = {"turns": by_turns, "sum": by_sum}


def composition(groups: Array, chosen: tuple[int, ...]) -> dict[str, int]:
    """How many of the chosen texts belong to each of `GROUPS`; groups of all texts, shape (n,)."""
    return {name: int((groups[list(chosen)] == name).sum()) for name in GROUPS}


def covered(compounds: pd.Series, targets: list[str], chosen: tuple[int, ...]) -> float:
    """Share of the targets that some chosen text is on; compound of each text, shape (n,), "" for none.

    >>> covered(pd.Series(["water", "salt", ""]), ["water", "salt"], (0, 2))
    0.5
    """
    named = set(compounds.iloc[list(chosen)])
    return float(np.mean([target in named for target in targets]))


def text_groups(pool: pd.DataFrame) -> Array:
    """The group of each text of the small pool, shape (n,).

    carriers: state a target's composition, the compound first; backward: the elements first; wrong: a wrong one;
    about: something else about a target; off: not about a target.
    """
    named = pool["kind"].replace({"forward": "carriers", "property": "about"})
    return named.where(pool["role"] == "target", "off").to_numpy()
