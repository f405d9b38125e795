"""IDEAL in small: domain weights moved by influence, fine-tuning after each move, against other mixtures."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from influence_lab.attributions.mixture_influence import stepped, volume_slopes
from influence_lab.attributions.small_gpt_scores import attributed_layers
from influence_lab.attributions.target_influence import target_influences
from influence_lab.attributions.target_newton import newton_target_scores
from influence_lab.data.small_corpus import CONTEXT
from influence_lab.data.small_corpus_words import VOCABULARY
from influence_lab.data.small_domains import DOMAINS, domain_sequences, small_domains
from influence_lab.evaluations.small_ideal_names import CHANGED, EKFAC, JOINT, LAYERED, NEWTON, RANDOM, UNIFORM
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_experiment import Experiment
from influence_lab.models.small_gpt_stack import Parameters, stack
from influence_lab.models.small_gpt_training import Training, train

Array = np.ndarray
TOLERANCE = 0.03  # of conjugate gradient: the noise of a retraining is larger


@dataclass(frozen=True)
class IdealPlan:
    """Texts and moves.

    Attributes:
        statements: of each well-known compound.
        others: texts on properties, and as many on elements.
        wrong: statements with a wrong pair.
        asked: texts of each capability in the target, and as many in the test.
        rounds: moves of the domain weights, each after a fine-tuning.
        step: of a move; the largest change of a logarithm of a share.
        random: mixtures drawn at random, for comparison.
        change: of one domain's weight, for the slopes by real fine-tuning.
    """

    statements: int
    others: int
    wrong: int
    asked: int
    rounds: int
    step: float
    random: int
    change: float


class Mixtures:
    """The texts of a seed, its base model, and fine-tunings of it with any domain weights."""

    def __init__(self, plan: IdealPlan, sizes: dict[str, int], training: Training, tuning: Training, seed: int) -> None:
        table = small_domains(seed, plan.statements, plan.others, plan.wrong, plan.asked)
        packed, split = domain_sequences(table), table["split"]
        self.base_texts, self.train, self.target = (
            packed[(split == name).to_numpy()] for name in ("base", "train", "target")
        )
        asked = split.isin(["target", "test"])
        self.labels = table[asked].reset_index(drop=True)
        self.domains = table.loc[split == "train", "domain"].map(DOMAINS.index).to_numpy()
        architecture = Architecture(len(VOCABULARY), CONTEXT, **sizes)
        self.base = Experiment(architecture, training, self.base_texts, packed[asked.to_numpy()], len(self.base_texts))
        self.start = self.base.train(np.ones((1, len(self.base_texts))), seed).parameters
        self.tuning, self.seed = tuning, seed

    def tuned(self, weights: Array) -> Parameters:
        """Fine-tune with each row of domain weights (M, D)."""
        starts = stack([{name: values[0] for name, values in self.start.items()}] * len(weights))
        volumes = weights[:, self.domains]
        return train(self.base.architecture, self.tuning, self.train, volumes, starts, len(self.train)).parameters

    def slopes(self, curvature: str, parameters: Parameters, weights: Array) -> Array:
        """Of the target's loss in each domain's weight, at the model that these weights gave; shape (D,)."""
        model = SmallGPT(self.base.architecture)
        model.load_state_dict({name: values[0] for name, values in parameters.items()})
        volumes, held = weights[self.domains], self.tuning.proximity
        if curvature == EKFAC:
            targets = {"target": self.target}
            found = target_influences(model, self.train, targets, self.seed, held, volumes)
            scores = found["target"].of_texts(self.train)
        else:
            layers = [[f"{name}.weight", f"{name}.bias"] for name in attributed_layers(model, "")]
            blocks = {NEWTON: None, JOINT: [list(chain(*layers))], LAYERED: layers}[curvature]
            scores = newton_target_scores(model, self.train, volumes, self.target, held, TOLERANCE, blocks=blocks)
        return volume_slopes(scores, self.domains, len(DOMAINS))

    def rows(self, names: list[str], weights: Array, parameters: Parameters) -> pd.DataFrame:
        """A row a mixture, split and capability, with the mean loss and the weights."""
        log_p = self.base.outputs(parameters)
        parts = [
            self.labels.assign(loss=-log_p[row])
            .groupby(["split", "domain"], as_index=False)["loss"]
            .mean()
            .assign(mixture=name, **dict(zip(DOMAINS, weights[row], strict=True)))
            for row, name in enumerate(names)
        ]
        return pd.concat(parts, ignore_index=True)


def ideal(
    plan: IdealPlan, sizes: dict[str, int], training: Training, tuning: Training, seed: int, layered: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One run: texts, start and random mixtures are all the seed's.

    Args:
        plan: texts and moves.
        sizes: width, heads and layers of the model.
        training: of the base model.
        tuning: with a proximity, which is λ of the Gauss-Newton matrix and a part of EK-FAC's.
        seed: of everything.
        layered: whether to split what EK-FAC leaves out: slopes by the Gauss-Newton matrix of the linear layers alone,
            of all of them and of each by itself.

    Returns:
        Mixtures: columns `mixture` (uniform, `EKFAC` and `NEWTON` with the number of the round, random with a number),
        `split` (target or test), `domain` (the capability), `loss` (mean of its texts, nats) and one column a domain
        with its weight β. Slopes at the uniform mixture: columns `domain`, `way` (`EKFAC`, `NEWTON`, where
        asked for `JOINT` and `LAYERED`, or changed: by fine-tuning with that domain's weight changed by ±`change`) and
        `slope`. Both with a column `seed`.
    """
    mixtures, count = Mixtures(plan, sizes, training, tuning, seed), len(DOMAINS)
    counts = np.bincount(mixtures.domains)
    ones = np.ones(count)
    drawn = np.random.default_rng([seed, 1]).dirichlet(ones, plan.random) * counts.sum() / counts
    changes = plan.change * np.concatenate([np.eye(count), -np.eye(count)])
    first = mixtures.tuned(np.concatenate([ones[None], drawn, ones + changes]))
    compared = slice(0, 1 + plan.random)
    names = [UNIFORM, *(f"{RANDOM} {place + 1}" for place in range(plan.random))]
    found = [mixtures.rows(names, np.concatenate([ones[None], drawn]), _rows(first, compared))]
    asked = (mixtures.labels["split"] == "target").to_numpy()
    losses = -mixtures.base.outputs(_rows(first, slice(1 + plan.random, None)))[:, asked].mean(axis=1)
    slopes = {CHANGED: (losses[:count] - losses[count:]) / (2 * plan.change)}
    for curvature in (EKFAC, NEWTON):
        weights, parameters = ones, _rows(first, slice(0, 1))
        for place in range(plan.rounds):
            here = mixtures.slopes(curvature, parameters, weights)
            slopes.setdefault(curvature, here)
            weights = stepped(weights, here, counts, plan.step)
            parameters = mixtures.tuned(weights[None])
            found.append(mixtures.rows([f"{curvature}, round {place + 1}"], weights[None], parameters))
    for curvature in (JOINT, LAYERED) if layered else ():
        slopes[curvature] = mixtures.slopes(curvature, _rows(first, slice(0, 1)), ones)
    table = pd.DataFrame(
        {"domain": domain, "way": way, "slope": value}
        for way, values in slopes.items()
        for domain, value in zip(DOMAINS, values, strict=True)
    )
    return pd.concat(found, ignore_index=True).assign(seed=seed), table.assign(seed=seed)


def _rows(parameters: Parameters, rows: slice) -> Parameters:
    return {name: values[rows] for name, values in parameters.items()}
