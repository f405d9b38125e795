"""Infra in small: influence of texts and tokens on right answers, and what acting on it does to a small GPT."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from influence_lab.attributions.target_influence import target_influences
from influence_lab.data.sequences import Sequences, joined
from influence_lab.data.small_reasoning import CONTEXT, KINDS, VOCABULARY, reasoning_sequences, small_reasoning
from influence_lab.evaluations.infra_actions import UNTOUCHED, Action, difficulty_moves, removals
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_answers import answers
from influence_lab.models.small_gpt_experiment import Experiment
from influence_lab.models.small_gpt_stack import Parameters
from influence_lab.models.small_gpt_training import Training

Array = np.ndarray
OVERALL = "all kinds"
ANSWER = 2  # tokens of an answer: a number and the end mark


@dataclass(frozen=True)
class InfraPlan:
    """Problems and actions.

    Attributes:
        counts: training texts by kind.
        spare: further right texts of each kind, at least `moved`.
        asked: problems of each kind, as many for the target and for the test.
        wrong: share of the training texts with a mistake.
        dropped: share of the training texts that are left out, and of the tokens that are masked.
        moved: texts of a subject that change their difficulty.
    """

    counts: dict[str, int]
    spare: int
    asked: int
    wrong: float
    dropped: float
    moved: int


@dataclass(frozen=True)
class Run:
    """Problems in words and in tokens, and how models are trained on them."""

    words: dict[str, pd.DataFrame]  # by split
    texts: dict[str, Sequences]
    experiment: Experiment  # on the pool: training texts, then spare ones

    @classmethod
    def drawn(cls, plan: InfraPlan, sizes: dict[str, int], training: Training, seed: int) -> "Run":
        """The problems of a seed."""
        table = small_reasoning(seed, plan.counts, plan.spare, plan.asked, plan.wrong)
        packed = reasoning_sequences(table)
        words = dict(list(table.groupby("split")))
        texts = {split: packed[part.index.to_numpy()] for split, part in words.items()}
        pool = joined([texts["train"], texts["spare"]])
        architecture = Architecture(len(VOCABULARY), CONTEXT, **sizes)
        return cls(words, texts, Experiment(architecture, training, pool, texts["test"], len(texts["train"])))


def infra(
    plan: InfraPlan, sizes: dict[str, int], training: Training, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One run: problems, start and random actions are all the seed's.

    Args:
        plan: problems and actions.
        sizes: width, heads and layers of the model.
        training: how each model is trained.
        seed: of everything.

    Returns:
        Actions, texts and tokens: the tables of `acted_on`, `text_table` and `token_table`, with a column `seed`.
    """
    run = Run.drawn(plan, sizes, training, seed)
    n, pool = run.experiment.documents, run.experiment.texts
    base = run.experiment.train(np.repeat([1.0, 0.0], [n, len(pool) - n])[None], seed).parameters
    model = SmallGPT(run.experiment.architecture)
    model.load_state_dict({name: values[0] for name, values in base.items()})
    found = target_influences(model, run.texts["train"], _targets(run), seed, training.weight_decay)
    scores = {name: target.of_texts(pool) for name, target in found.items()}
    losses = found[OVERALL].of_loss_tokens(run.texts["train"])
    words = pd.concat([run.words["train"], run.words["spare"]], ignore_index=True)
    actions = removals(scores[OVERALL][:n], losses, run.texts["train"].weights, len(pool) - n, plan.dropped, seed)
    actions += difficulty_moves(scores[OVERALL], words, n, plan.moved, seed)
    tables = (
        acted_on(run, actions, base, seed),
        text_table(words, scores),
        token_table(run, losses),
    )
    return tuple(table.assign(seed=seed) for table in tables)


def acted_on(run: Run, actions: list[Action], base: Parameters, seed: int) -> pd.DataFrame:
    """Train from one start after each action, and ask the test's problems; the base model stands for no action.

    Returns:
        A row an action and kind of problem: `action`, `predicted`, `kind`, `log_p` (mean log p of right solutions,
        nats) and `accuracy` (share of the solutions of which every token is the likeliest).
    """
    experiment, blocks, weights = run.experiment, [run.experiment.texts], []
    n, held = experiment.documents, len(experiment.texts)
    masked = [action for action in actions if action.mask is not None]
    for action in actions:
        row = np.zeros(held + n * len(masked))
        if action.mask is None:
            row[:held] = action.weights
        else:
            row[held + n * (len(blocks) - 1) :][:n] = action.weights[:n]
            train = run.texts["train"]
            blocks.append(Sequences(train.inputs, train.targets, train.weights * action.mask))
        weights.append(row)
    widened = Experiment(
        experiment.architecture, experiment.training, joined(blocks), experiment.queries, experiment.documents
    )
    different, place = np.unique(weights, axis=0, return_inverse=True)  # two actions may come to the same
    trained = widened.train(different, seed).parameters
    every = {name: torch.cat([values, trained[name][place.ravel()]]) for name, values in base.items()}
    log_p, right = answers(experiment.architecture, every, experiment.queries)
    kinds = run.words["test"]["kind"].to_numpy()
    return pd.DataFrame(
        {
            "action": name,
            "predicted": predicted,
            "kind": kind,
            "log_p": float(log_p[row, kinds == kind].mean()),
            "accuracy": float(right[row, kinds == kind].mean()),
        }
        for row, (name, predicted) in enumerate(
            [(UNTOUCHED, 0.0), *((action.name, action.predicted) for action in actions)]
        )
        for kind in KINDS
    )


def text_table(words: pd.DataFrame, scores: dict[str, Array]) -> pd.DataFrame:
    """Mean influence by kind of text: `kind`, `state` (right, wrong or spare), `target`, `influence`, `texts`."""
    state = np.where(words["split"] == "spare", "spare", np.where(words["right"], "right", "wrong"))
    rows = [
        part.assign(target=target)
        for target, values in scores.items()
        for part in [
            words.assign(state=state, influence=values)
            .groupby(["kind", "state"], as_index=False)
            .agg(influence=("influence", "mean"), texts=("influence", "size"))
        ]
    ]
    return pd.concat(rows, ignore_index=True)


def token_table(run: Run, losses: Array) -> pd.DataFrame:
    """Mean influence of the losses of the training tokens by place and word.

    Returns:
        Columns `kind`, `state` (right or wrong) of the text, `part` (the answer with the end mark, or the step before
        it), `word`, `influence` (mean, nats for a weight of n) and `tokens` (their number). Influence times tokens,
        summed over words, is the influence of all steps or answers.
    """
    train, texts = run.words["train"], run.texts["train"]
    counted = texts.weights > 0
    left = counted[:, ::-1].cumsum(axis=1)[:, ::-1]  # tokens of the solution from here on
    text = np.nonzero(counted)[0]
    tokens = pd.DataFrame(
        {
            "kind": train["kind"].to_numpy()[text],
            "state": np.where(train["right"], "right", "wrong")[text],
            "part": np.where(left[counted] <= ANSWER, "answer", "step"),
            "word": np.array(VOCABULARY)[texts.targets[counted]],
            "influence": losses[counted],
        }
    )
    grouped = tokens.groupby(["kind", "state", "part", "word"], as_index=False)
    return grouped.agg(influence=("influence", "mean"), tokens=("influence", "size"))


def _targets(run: Run) -> dict[str, Sequences]:
    kinds = run.words["target"]["kind"].to_numpy()
    return {OVERALL: run.texts["target"]} | {kind: run.texts["target"][kinds == kind] for kind in KINDS}
