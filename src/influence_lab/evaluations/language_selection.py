"""Fine-tuning a language model on what each strategy chooses from the chemistry texts, for real."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from influence_lab.evaluations.selection_choices import LARGE, NOTHING, POOL, by_turns, composition, covered
from influence_lab.input_errors import InputError
from influence_lab.models.retraining_store import Store

Array = np.ndarray
STRATEGIES = ("random", "bm25", "embedding", "cosine", "ekfac")
FROM_ADAPTED = ("cosine", "ekfac")  # strategies that look at the model adapted to all candidates
SCORED = "The chemical elements in {} are"  # the wording of a question for the score; the selection sees "composed of"
Answers = dict[str, Array]  # `scored` (nats) and `right` of facts, shape (facts,)


class SelectionError(InputError):
    """The configuration asks for more facts or texts than there are."""


@dataclass(frozen=True)
class Choice:
    """Texts that a strategy has chosen for some of the facts."""

    strategy: str
    seed: int
    targets: tuple[int, ...]  # facts
    texts: tuple[int, ...]


def choices(scores: Mapping[str, Array], seeds: int, targets: int, budgets: list[int]) -> list[Choice]:
    """The choices of all strategies for the targets of every seed, by turns.

    Args:
        scores: by strategy, shape (facts, texts), except for random, which is drawn anew for each seed.
        seeds: draws of targets; no fact is drawn twice.
        targets: facts of a draw.
        budgets: texts of a choice.

    Raises:
        SelectionError: fewer facts or texts than are to be drawn or chosen.
    """
    facts, texts = scores["ekfac"].shape
    if seeds * targets > facts:
        raise SelectionError(
            f"data_selection: {seeds} language_seeds of {targets} language_targets each need {seeds * targets} facts, "
            f"there are {facts}; lower one of them"
        )
    if max(budgets) > texts:
        raise SelectionError(f"data_selection.language_budgets: {max(budgets)} of {texts} texts; lower it")
    order = np.random.default_rng(0).permutation(facts)
    found = []
    for seed in range(seeds):
        asked = tuple(np.sort(np.take(order, range(seed * targets, (seed + 1) * targets))).tolist())
        drawn = np.random.default_rng(seed).random((facts, texts))
        for budget in budgets:
            for name in STRATEGIES:
                each = drawn if name == "random" else scores[name]
                found.append(Choice(name, seed, asked, by_turns(each[list(asked)], budget, seed)))
    return found


def tuned_answers(choices: list[Choice], tune: Callable[[Choice], Answers], folder: Path, facts: dict) -> list[Answers]:
    """The answers after fine-tuning on each choice; finished ones lie in `folder` until the caller removes it.

    Where strategies agree on the texts, the model is fine-tuned once.

    Raises:
        OtherWorkError: the folder holds answers of other work.
    """
    store = Store(folder, facts | {"choices": [[each.strategy, each.seed, list(each.texts)] for each in choices]})
    found: dict[tuple[int, tuple[int, ...]], Answers] = {}
    for number, choice in enumerate(choices):
        work = choice.seed, choice.texts
        if work in found:
            continue
        answers = store.read(number)
        if answers is None:
            answers = tune(choice)
            store.write(number, answers)
        found[work] = answers
    return [found[choice.seed, choice.texts] for choice in choices]


def rows(
    choices: list[Choice],
    found: list[Answers],
    before: Answers,
    whole: Answers,
    texts: pd.DataFrame,
    compounds: list[str],
    seconds: Mapping[str, float],
) -> pd.DataFrame:
    """A row a choice, with the columns of the small GPT's.

    Args:
        choices: with their targets.
        found: answers after fine-tuning on each, to its targets.
        before: answers of the model as it is, to all facts.
        whole: those of the model that was adapted to all texts.
        texts: the candidates, columns compound, carries and states_wrong.
        compounds: of each fact.
        seconds: of each strategy's scores.
    """
    known = {each.seed: each.targets for each in choices}
    every = [
        (Choice(name, seed, asked, chosen), {key: values[list(asked)] for key, values in answered.items()})
        for name, chosen, answered in ((NOTHING, (), before), (POOL, tuple(range(len(texts))), whole))
        for seed, asked in known.items()
    ]
    every += list(zip(choices, found, strict=True))
    table = []
    for choice, answered in every:
        asked = [compounds[fact] for fact in choice.targets]
        table.append(
            {
                "model": LARGE,
                "strategy": choice.strategy,
                "rule": "" if choice.strategy in (NOTHING, POOL) else "turns",
                "budget": len(choice.texts),
                "seed": choice.seed,
                "score": float(answered["scored"].mean()),
                "accuracy": float(answered["right"].mean()),
                "seconds": seconds.get(choice.strategy, 0.0),
                "texts": " ".join(map(str, choice.texts)),
                "covered": covered(texts["compound"], asked, choice.texts),
                **composition(text_groups(texts, asked), choice.texts),
            }
        )
    return pd.DataFrame(table)


def seconds_with_training(costs: pd.DataFrame, training: float) -> dict[str, float]:
    """Seconds by strategy: of its scores, and of the training on all candidates where it needs it.

    Args:
        costs: columns method and seconds.
        training: seconds of that training.
    """
    seconds = costs.set_index("method")["seconds"]
    return {name: float(seconds[name]) + training * (name in FROM_ADAPTED) for name in STRATEGIES}


def text_groups(texts: pd.DataFrame, targets: list[str]) -> Array:
    """The group of each candidate for these compounds: carriers, wrong, about or off; shape (n,)."""
    groups = np.where(texts["compound"].isin(targets), "about", "off")
    groups = np.where(texts["states_wrong"].isin(targets), "wrong", groups)
    return np.where(texts["carries"].isin(targets), "carriers", groups)
