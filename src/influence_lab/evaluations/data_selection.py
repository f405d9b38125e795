"""Fine-tuning the small GPT on what each strategy chooses, for real."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from influence_lab.attributions.metering import metered
from influence_lab.attributions.selection_scores import Reference, selection_scores
from influence_lab.attributions.small_gpt_scores import Scored
from influence_lab.data.selection_pool import SelectionWorld, question_sequences, text_sequences
from influence_lab.evaluations.selection_choices import (
    NOTHING,
    POOL,
    REMOVED,
    RULES,
    SMALL,
    SUMMED,
    by_sum,
    composition,
    text_groups,
)
from influence_lab.models.selection_stages import SelectionStages
from influence_lab.models.small_gpt_stack import Parameters

Array = np.ndarray


class Selection:
    """One seed: its world, base model, reference models, and scores.

    Args:
        world: all texts.
        stages: how models are trained.
        seed: of the random start, random scores and ties.
    """

    def __init__(self, world: SelectionWorld, stages: SelectionStages, seed: int) -> None:
        self.world, self.stages, self.seed = world, stages, seed
        self.pool = text_sequences(world.pool["text"].tolist())
        self.lessons = question_sequences(world.lessons, end=True)
        self.scored, self.given = (question_sequences(part, end=False) for part in (world.scored, world.given))
        self.groups = text_groups(world.pool)
        self.base = stages.base_model(text_sequences(world.base), seed)
        n = len(self.pool)
        first, on_pool = metered(lambda: stages.on_texts(self.base, self.pool, np.ones((1, n)), n).parameters)
        self.whole, on_lessons = metered(lambda: stages.on_lessons(first, self.lessons).parameters)
        reference = Reference(
            *(stages.model(each) for each in (self.base, first, self.whole)),
            stages.first.proximity,
            stages.second.alpha,
            (on_pool, on_lessons),
        )
        self.scores: Scored = selection_scores(world, reference, seed)

    def choices(self, budgets: list[int]) -> pd.DataFrame:
        """Fine-tune on the choice of every strategy and budget.

        Returns:
            A row a choice: strategy, rule (turns or sum), budget, seed, `score` (mean log p of the answers to the
            scored questions, nats), `accuracy` (share of them answered word by word), `given` (mean log p of the
            questions that the selection saw), `seconds` (of the strategy's scores) and the counts of `composition`.
            With nothing chosen, and with the whole pool, as strategies of their own.
        """
        n = len(self.pool)
        found = [
            self._rows({(NOTHING, ""): ()}, self.stages.on_lessons(self.base, self.lessons).parameters),
            self._rows({(POOL, ""): tuple(range(n))}, self.whole),
        ]
        for budget in budgets:
            chosen = {
                (name, rule): choose(self.scores.scores[name], budget, self.seed)
                for rule, choose in RULES.items()
                for name in (self.scores.scores if rule == "turns" else SUMMED)
            }
            found.append(self._rows(chosen, self._trained([*chosen.values()], budget)))
        return pd.concat(found, ignore_index=True)

    def removals(self, removed: int, draws: int) -> pd.DataFrame:
        """Train on the pool without the texts with the largest sums of scores, and without random ones.

        The mean stays over all n texts, so that removal is ε = −1/n for each.

        Returns:
            Columns strategy, draw, seed, removed, `fall` of the mean log p of the scored questions, nats.
        """
        n, rng = len(self.pool), np.random.default_rng(self.seed)
        sets = {(name, 0): by_sum(self.scores.scores[name], removed, self.seed) for name in REMOVED}
        sets |= {("random", draw): tuple(rng.permutation(n)[:removed].tolist()) for draw in range(draws)}
        weights = np.ones((len(sets), n))
        for row, texts in enumerate(sets.values()):
            weights[row, list(texts)] = 0.0
        parameters = self.stages.on_lessons(
            self.stages.on_texts(self.base, self.pool, weights, n).parameters, self.lessons
        ).parameters
        without = self.stages.answers(parameters, self.scored)[0].mean(axis=1)
        whole = self.stages.answers(self.whole, self.scored)[0].mean()
        rows = [(*key, self.seed, removed, whole - score) for key, score in zip(sets, without, strict=True)]
        return pd.DataFrame(rows, columns=["strategy", "draw", "seed", "removed", "fall"])

    def _trained(self, chosen: list[tuple[int, ...]], budget: int) -> Parameters:
        weights = np.zeros((len(chosen), len(self.pool)))
        for row, texts in enumerate(chosen):
            weights[row, list(texts)] = 1.0
        first = self.stages.on_texts(self.base, self.pool, weights, budget).parameters
        return self.stages.on_lessons(first, self.lessons).parameters

    def _rows(self, chosen: Mapping[tuple[str, str], tuple[int, ...]], parameters: Parameters) -> pd.DataFrame:
        """The rows of stacked models, in the order of the choices that they were trained on."""
        log_p, right = self.stages.answers(parameters, self.scored)
        given = self.stages.answers(parameters, self.given)[0]
        rows = [
            {
                "model": SMALL,
                "strategy": name,
                "rule": rule,
                "budget": len(texts),
                "seed": self.seed,
                "score": float(log_p[row].mean()),
                "accuracy": float(right[row].mean()),
                "given": float(given[row].mean()),
                "seconds": self.scores.costs[name].seconds if name in self.scores.costs else 0.0,
                **composition(self.groups, texts),
            }
            for row, ((name, rule), texts) in enumerate(chosen.items())
        ]
        return pd.DataFrame(rows)
