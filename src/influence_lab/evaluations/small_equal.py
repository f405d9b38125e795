"""EQUAL in small: a bandit over clusters with a transport score, against scoring everything, influence and chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr
from sklearn.cluster import KMeans

from influence_lab.attributions.cluster_bandit import aligned, explore, from_best_clusters, transport_cost
from influence_lab.attributions.small_gpt_scores import embeddings
from influence_lab.attributions.target_influence import target_influences
from influence_lab.attributions.target_newton import newton_target_scores
from influence_lab.data.sequences import Sequences
from influence_lab.data.small_candidates import candidate_sequences, small_candidates
from influence_lab.data.small_corpus import CONTEXT
from influence_lab.data.small_corpus_words import VOCABULARY
from influence_lab.evaluations.small_equal_names import BANDIT, BY_CLUSTER, BY_TEXT, INFLUENCE, NOTHING, RANDOM
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_experiment import Experiment
from influence_lab.models.small_gpt_stack import Parameters, stack, text_log_probabilities
from influence_lab.models.small_gpt_training import Training, train

Array = np.ndarray
RIDGE = 0.1  # of the alignment, for unit vectors
REDRAWN = 1000  # added to the seed, for a second draw of the curvature's labels and of the extracted questions
TOLERANCE = 0.03  # of conjugate gradient: only ranks are read


@dataclass(frozen=True)
class EqualPlan:
    """Texts, bandit and budget.

    Attributes:
        statements: candidates that state the composition of each compound.
        wrong: share of these with a wrong pair.
        others: candidates on elements.
        asked: compounds of the family in the target.
        teachers: compounds of the family that show the base model what a question looks like, and as many others.
        clusters: arms.
        pull: candidates a pull.
        scored: candidates that the bandit may score.
        extracted: statements from which a question is extracted, to align embeddings of texts with those of questions.
        exploration: of the upper confidence bound.
        budget: texts that are chosen.
    """

    statements: int
    wrong: float
    others: int
    asked: int
    teachers: int
    clusters: int
    pull: int
    scored: int
    extracted: int
    exploration: float
    budget: int


def equal(
    plan: EqualPlan, sizes: dict[str, int], training: Training, tuning: Training, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One run: texts, start, clusters and draws are all the seed's.

    Args:
        plan: texts, bandit and budget.
        sizes: width, heads and layers of the model.
        training: of the base model.
        tuning: of the base model on what was chosen.
        seed: of everything.

    Returns:
        Choices: columns `way`, `scored` (candidates scored), `chosen`, `family` (share of the chosen that state a fact
        of the family truly; nan where nothing is chosen) and `test` (mean log p of the test's answers after
        fine-tuning, nats). Clusters: `cluster`, `texts`, `transport` (minus the transport cost of the whole cluster),
        `transport_redrawn` (the same with the questions of other statements extracted), `influence` (mean EK-FAC
        influence of its texts on the target's mean log p), `redrawn` (the same with other labels drawn for the
        curvature) and `newton` (the same by the Gauss-Newton matrix of all parameters). Both with a column `seed`.
    """
    texts = ("statements", "wrong", "others", "asked", "teachers")
    table = small_candidates(seed, **{name: getattr(plan, name) for name in texts})
    packed = candidate_sequences(table)
    words = {split: part.reset_index(drop=True) for split, part in table.groupby("split")}
    sequences = {split: packed[(table["split"] == split).to_numpy()] for split in words}
    architecture = Architecture(len(VOCABULARY), CONTEXT, **sizes)
    base = Experiment(architecture, training, sequences["base"], sequences["test"], len(sequences["base"]))
    start = base.train(np.ones((1, len(base.texts))), seed).parameters
    model = SmallGPT(architecture)
    model.load_state_dict({name: values[0] for name, values in start.items()})

    vectors, target = _unit_embeddings(model, words, plan.extracted, seed)
    clusters = KMeans(plan.clusters, n_init=4, random_state=seed).fit_predict(vectors)
    transport = transport_scores(vectors, clusters, target)
    again, target_again = _unit_embeddings(model, words, plan.extracted, seed + REDRAWN)
    influences = candidate_influences(model, sequences, training.weight_decay, seed)
    influence = influences["influence"]
    seen = explore(vectors, clusters, target, plan.pull, plan.scored, plan.exploration, seed)
    single = -(1 - vectors @ target.T).mean(axis=1)  # all of one point's mass goes everywhere
    n = len(vectors)
    chosen = {
        BANDIT: (len(seen.scored), from_best_clusters(seen.means, clusters, plan.budget, seed)),
        BY_CLUSTER: (n, from_best_clusters(transport, clusters, plan.budget, seed)),
        BY_TEXT: (n, np.argsort(-single)[: plan.budget]),
        INFLUENCE: (n, np.argsort(-influence)[: plan.budget]),
        RANDOM: (0, np.random.default_rng([seed, 4]).permutation(n)[: plan.budget]),
        NOTHING: (0, np.arange(0)),
    }
    scores = _after_tuning(architecture, tuning, start, sequences, [rows for _, rows in chosen.values()])
    true = (words["candidate"]["kind"] == "family").to_numpy()
    choices = pd.DataFrame(
        {
            "way": way,
            "scored": scored,
            "chosen": len(rows),
            "family": float(true[rows].mean()) if len(rows) else np.nan,
            "test": scores[place],
        }
        for place, (way, (scored, rows)) in enumerate(chosen.items())
    )
    arms = pd.DataFrame(influences).groupby(clusters)
    table = arms.mean().assign(texts=arms.size(), transport=transport).rename_axis("cluster")
    table["transport_redrawn"] = transport_scores(again, clusters, target_again)
    return choices.assign(seed=seed), table.reset_index().assign(seed=seed)


def candidate_influences(model: SmallGPT, texts: dict[str, Sequences], decay: float, seed: int) -> dict[str, Array]:
    """Influence of each candidate on the target's mean log p, nats for a weight of n, by name; shapes (n,).

    `influence` is EK-FAC's, `redrawn` the same with other labels, `newton` that of the Gauss-Newton matrix: how far
    influence agrees with itself.

    Args:
        model: trained on the base texts.
        texts: base, candidate and target.
        decay: weight decay of training.
        seed: of the labels.
    """
    base, candidates, target = (texts[split] for split in ("base", "candidate", "target"))
    found = {
        name: target_influences(model, base, {"target": target}, drawn, decay)["target"].of_texts(candidates)
        for name, drawn in (("influence", seed), ("redrawn", seed + REDRAWN))
    }
    ones = np.ones(len(base))
    return found | {"newton": newton_target_scores(model, base, ones, target, decay, TOLERANCE, candidates)}


def transport_scores(vectors: Array, clusters: Array, target: Array) -> Array:
    """Minus the transport cost of each whole cluster to the target, shape (K,).

    Args:
        vectors: unit embeddings of the candidates, shape (n, d).
        clusters: of each, 0 to K − 1, none empty, shape (n,).
        target: unit embeddings of the target, shape (m, d).
    """
    return np.array([-transport_cost(vectors[clusters == arm], target) for arm in range(int(clusters.max()) + 1)])


def score_agreement(clusters: pd.DataFrame, first: str, second: str) -> Array:
    """Spearman over each seed's clusters between two of their scores, shape (seeds,)."""
    return np.array([float(spearmanr(part[first], part[second]).statistic) for _, part in clusters.groupby("seed")])


def _unit_embeddings(model: SmallGPT, words: dict[str, pd.DataFrame], extracted: int, seed: int) -> tuple[Array, Array]:
    """Mean states of candidates, carried to where questions lie, and of the target; centred, of length 1."""
    candidates, target = (embeddings(model, words[split]["text"].tolist()) for split in ("candidate", "target"))
    held = words["candidate"]["extracted"]
    sample = np.random.default_rng([seed, 3]).permutation(np.flatnonzero(held != ""))[:extracted]
    questions = embeddings(model, held.iloc[sample].tolist())
    texts, asked = candidates.mean(axis=0), questions.mean(axis=0)
    carried = (candidates - texts) @ aligned(candidates[sample] - texts, questions - asked, RIDGE)
    return tuple(part / np.linalg.norm(part, axis=1, keepdims=True) for part in (carried, target - asked))


def _after_tuning(
    architecture: Architecture, tuning: Training, start: Parameters, texts: dict[str, Sequences], chosen: list[Array]
) -> list[float]:
    """Mean log p of the test's answers after fine-tuning on each choice; the last choice is empty."""
    weights = np.zeros((len(chosen), len(texts["candidate"])))
    for row, rows in enumerate(chosen[:-1]):
        weights[row, rows] = len(weights[0]) / len(rows)  # each model's objective is the mean over its own texts
    starts = stack([{name: values[0] for name, values in start.items()}] * (len(chosen) - 1))
    tuned = train(architecture, tuning, texts["candidate"], weights[:-1], starts, len(weights[0])).parameters
    every = {name: torch.cat([values, start[name]]) for name, values in tuned.items()}
    with torch.no_grad():
        return text_log_probabilities(SmallGPT(architecture), every, texts["test"]).mean(dim=1).tolist()
