"""What can be done to a training set by the influence of its texts and tokens, each with as much done at random."""

from typing import NamedTuple

import numpy as np
import pandas as pd

Array = np.ndarray
UNTOUCHED = "untouched"
PAPER, BY_INFLUENCE, REVERSED = "difficulty as in the paper", "difficulty by influence", "difficulty against influence"
SUBJECTS = ("math", "code")
LEVELS = ("easy", "hard")


class Action(NamedTuple):
    """A change of the training set.

    Attributes:
        name: of the action.
        weights: of every text of the pool (training texts, then spare ones), shape (n + spare,).
        mask: 0 where the loss of a token of the training texts no longer counts, shape (n, T); None for no masking.
        predicted: first-order change of the target's mean log p.
    """

    name: str
    weights: Array
    mask: Array | None
    predicted: float


def removals(scores: Array, losses: Array, counted: Array, spare: int, share: float, seed: int) -> list[Action]:
    """The most negative texts and as many random ones left out, then the same with tokens.

    Args:
        scores: influence of each training text, shape (n,).
        losses: influence of each token's loss, shape (n, T).
        counted: 1 where the loss of a token counts, shape (n, T).
        spare: number of the pool's spare texts, which are not used.
        share: of the texts that are left out, and of the tokens that are masked; one at least.
        seed: draws the random ones.
    """
    rng, n = np.random.default_rng([seed, 1]), len(scores)
    pool = np.repeat([1.0, 0.0], [n, spare])
    tokens = np.flatnonzero(counted)
    texts, masked = max(1, round(share * n)), max(1, round(share * len(tokens)))
    chosen = {
        "drop texts by influence": np.argsort(scores)[:texts],
        "drop random texts": rng.permutation(n)[:texts],
        "mask tokens by influence": tokens[np.argsort(losses.flat[tokens])[:masked]],
        "mask random tokens": rng.permutation(tokens)[:masked],
    }
    found = []
    for name, places in chosen.items():
        if "texts" in name:
            weights = pool.copy()
            weights[places] = 0
            found.append(Action(name, weights, None, -float(scores[places].sum()) / n))
        else:
            mask = np.ones(counted.shape)
            mask.flat[places] = 0
            found.append(Action(name, pool, mask, -float(losses.flat[places].sum()) / n))
    return found


def difficulty_moves(scores: Array, texts: pd.DataFrame, n: int, moved: int, seed: int) -> list[Action]:
    """Volume from one difficulty to the other in both subjects, in three pairs of directions.

    Right training texts of one kind make room for as many spare ones of the other. The number of texts stays the same,
    that of tokens does not: the solution of a chain of sums is longer than that of one sum. `PAPER` is
    the direction that Kou et al. (2025) found for large models; `BY_INFLUENCE` is the better direction in each subject
    as influence predicts it here, and `REVERSED` is the other one.

    Args:
        scores: influence of the pool's texts, the n training texts first.
        texts: their columns `kind` and `right`.
        n: number of training texts.
        moved: texts that change place in a subject.
        seed: draws them.
    """
    rng = np.random.default_rng([seed, 2])
    kind, right, trained = texts["kind"].to_numpy(), texts["right"].to_numpy(), np.arange(len(texts)) < n
    changes = {}
    for subject in SUBJECTS:
        for source, goal in (LEVELS, LEVELS[::-1]):
            out = rng.permutation(np.flatnonzero(trained & right & (kind == f"{subject} {source}")))[:moved]
            new = rng.permutation(np.flatnonzero(~trained & (kind == f"{subject} {goal}")))[:moved]
            changes[subject, goal] = np.zeros(len(texts))
            changes[subject, goal][out], changes[subject, goal][new] = -1, 1
    predicted = {place: float(change @ scores) / n for place, change in changes.items()}
    better = {subject: max(LEVELS, key=lambda goal, of=subject: predicted[of, goal]) for subject in SUBJECTS}
    goals = {
        PAPER: {"math": "hard", "code": "easy"},
        BY_INFLUENCE: better,
        REVERSED: {subject: LEVELS[1 - LEVELS.index(goal)] for subject, goal in better.items()},
    }
    return [
        Action(
            name,
            trained + sum(changes[place] for place in chosen.items()),
            None,
            sum(predicted[place] for place in chosen.items()),
        )
        for name, chosen in goals.items()
    ]
