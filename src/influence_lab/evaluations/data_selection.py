"""Fine-tuning the small GPT on what each strategy chooses, for real."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from influence_lab.attributions.selection_scores import selection_scores
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
    covered,
    text_groups,
)
from influence_lab.evaluations.selection_reference import gradient_facts, pool_changes, reference_stages
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
        self.untaught = stages.on_lessons(self.base, self.lessons).parameters
        n = len(self.pool)
        self.tuned = stages.on_texts(self.base, self.pool, np.ones((1, n)), n)
        self.whole = stages.on_lessons(self.tuned.parameters, self.lessons).parameters
        self.reference = reference_stages(stages, self.base, self.pool, self.lessons)
        self.scores: Scored = selection_scores(world, self.reference.models, seed)

    def facts(self) -> pd.DataFrame:
        """One row: seed, and what `gradient_facts` and `pool_changes` say of the reference model."""
        models = {
            "base": self.base,
            "first": self.reference.first.parameters,
            "second": self.reference.second.parameters,
            "untaught": self.untaught,
        }
        answers = {name: float(self.stages.answers(each, self.given)[0].mean()) for name, each in models.items()}
        found = gradient_facts(self.reference, self.tuned, self.pool, self.groups)
        return pd.DataFrame([{"seed": self.seed} | found | pool_changes(self.scores.scores, answers)])

    def choices(self, budgets: list[int]) -> pd.DataFrame:
        """Fine-tune on the choice of every strategy and budget.

        Returns:
            A row a choice: strategy, rule (turns or sum), budget, seed, `score` (mean log p of the answers to the
            scored questions, nats), `accuracy` (share of them answered word by word), `seconds` (of the strategy's
            scores), `texts` (rows of the pool), `covered` (share of the targets that a chosen text names) and the
            counts of `composition`. With nothing chosen, and with the whole pool, as strategies of their own.
        """
        n = len(self.pool)
        found = [
            self._rows({(NOTHING, ""): ()}, self.untaught),
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
            Columns strategy, draw, seed, `fall` of the mean log p of the scored questions, `given` the fall for the
            given ones, and by influence what the expansion says of the latter, `predicted_ekfac` and
            `predicted_two_stage`; all in nats.
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
        falls = [
            self.stages.answers(self.whole, asked)[0].mean() - self.stages.answers(parameters, asked)[0].mean(axis=1)
            for asked in (self.scored, self.given)
        ]
        predicted = [
            [self.scores.scores[name].mean(axis=0)[list(texts)].sum() / n for name in ("ekfac", "two_stage")]
            for texts in sets.values()
        ]
        rows = [(*key, self.seed, *fall, *said) for key, *fall, said in zip(sets, *falls, predicted, strict=True)]
        columns = ["strategy", "draw", "seed", "fall", "given", "predicted_ekfac", "predicted_two_stage"]
        return pd.DataFrame(rows, columns=columns)

    def _trained(self, chosen: list[tuple[int, ...]], budget: int) -> Parameters:
        weights = np.zeros((len(chosen), len(self.pool)))
        for row, texts in enumerate(chosen):
            weights[row, list(texts)] = 1.0
        first = self.stages.on_texts(self.base, self.pool, weights, budget).parameters
        return self.stages.on_lessons(first, self.lessons).parameters

    def _rows(self, chosen: Mapping[tuple[str, str], tuple[int, ...]], parameters: Parameters) -> pd.DataFrame:
        """The rows of stacked models, in the order of the choices that they were trained on."""
        log_p, right = self.stages.answers(parameters, self.scored)
        rows = [
            {
                "model": SMALL,
                "strategy": name,
                "rule": rule,
                "budget": len(texts),
                "seed": self.seed,
                "score": float(log_p[row].mean()),
                "accuracy": float(right[row].mean()),
                "seconds": self.scores.costs[name].seconds if name in self.scores.costs else 0.0,
                "texts": " ".join(map(str, texts)),
                "covered": covered(self.world.pool["compound"], self.world.targets, texts),
                **composition(self.groups, texts),
            }
            for row, ((name, rule), texts) in enumerate(chosen.items())
        ]
        return pd.DataFrame(rows)
